#include "catalog_schema.hpp"

#include "pg_connection.hpp"

#include <initializer_list>
#include <string_view>

namespace picoxx::devcluster {
namespace {

struct SystemColumn {
    std::string_view name;
    SqlType type;
    bool nullable = false;
};

TableInfo system_table(std::uint64_t id, std::string_view name, std::initializer_list<SystemColumn> columns,
                       std::vector<std::string> primary_key) {
    TableInfo table;
    table.id = id;
    table.name = name;
    table.primary_key = std::move(primary_key);
    table.system = true;
    for (const auto& column : columns) {
        table.columns.push_back({std::string{column.name}, column.type, column.nullable});
    }
    return table;
}

constexpr auto text = SqlType::text;
constexpr auto count = SqlType::unsigned_integer;
constexpr auto json = SqlType::json;
constexpr auto flag = SqlType::boolean;

}  // namespace

std::vector<TableInfo> system_tables() {
    constexpr bool null = true;
    return {
        system_table(512, "_pico_table",
                     {{"id", count},
                      {"name", text},
                      {"distribution", json},
                      {"format", json},
                      {"schema_version", count},
                      {"operable", flag},
                      {"engine", text},
                      {"owner", count},
                      {"description", text},
                      {"opts", json, null}},
                     {"id"}),
        system_table(513, "_pico_index",
                     {{"table_id", count},
                      {"id", count},
                      {"name", text},
                      {"type", text},
                      {"opts", json},
                      {"parts", json},
                      {"operable", flag},
                      {"schema_version", count},
                      {"owner", count}},
                     {"table_id", "id"}),
        system_table(514, "_pico_peer_address", {{"raft_id", count}, {"address", text}, {"connection_type", text}},
                     {"raft_id", "connection_type"}),
        system_table(515, "_pico_instance",
                     {{"name", text},
                      {"uuid", text},
                      {"raft_id", count},
                      {"replicaset_name", text},
                      {"replicaset_uuid", text},
                      {"current_state", json},
                      {"target_state", json},
                      {"failure_domain", json},
                      {"tier", text},
                      {"picodata_version", text},
                      {"sync_incarnation", count, null},
                      {"target_state_reason", text, null},
                      {"target_state_change_time", SqlType::datetime, null}},
                     {"name"}),
        system_table(516, "_pico_property", {{"key", text}, {"value", json}}, {"key"}),
        system_table(517, "_pico_replicaset",
                     {{"name", text},
                      {"uuid", text},
                      {"current_master_name", text},
                      {"target_master_name", text},
                      {"tier", text},
                      {"weight", SqlType::real},
                      {"weight_origin", text},
                      {"state", text},
                      {"current_config_version", count},
                      {"target_config_version", count},
                      {"promotion_vclock", json},
                      {"master_change_counter", count, null},
                      {"current_bucket_state_version", count, null},
                      {"target_bucket_state_version", count, null}},
                     {"name"}),
        system_table(520, "_pico_user",
                     {{"id", count},
                      {"name", text},
                      {"schema_version", count},
                      {"auth", json, null},
                      {"owner", count},
                      {"type", text}},
                     {"id"}),
        system_table(521, "_pico_privilege",
                     {{"grantor_id", count},
                      {"grantee_id", count},
                      {"privilege", text},
                      {"object_type", text},
                      {"object_id", SqlType::integer},
                      {"schema_version", count}},
                     {"grantee_id", "object_type", "object_id", "privilege"}),
        system_table(523, "_pico_tier",
                     {{"name", text},
                      {"replication_factor", count},
                      {"can_vote", flag},
                      {"current_vshard_config_version", count},
                      {"target_vshard_config_version", count},
                      {"vshard_bootstrapped", flag},
                      {"bucket_count", count},
                      {"is_default", flag, null},
                      {"current_bucket_state_version", count, null},
                      {"target_bucket_state_version", count, null}},
                     {"name"}),
        system_table(524, "_pico_routine",
                     {{"id", count},
                      {"name", text},
                      {"kind", text},
                      {"params", json},
                      {"returns", json},
                      {"language", text},
                      {"body", text},
                      {"security", text},
                      {"operable", flag},
                      {"schema_version", count},
                      {"owner", count}},
                     {"id"}),
        system_table(526, "_pico_plugin",
                     {{"name", text},
                      {"enabled", flag},
                      {"services", json},
                      {"version", text},
                      {"description", text},
                      {"migration_list", json}},
                     {"name", "version"}),
        system_table(531, "_pico_db_config", {{"key", text}, {"scope", text}, {"value", json}}, {"key", "scope"}),
        system_table(533, "_pico_bucket",
                     {{"tier_name", text},
                      {"bucket_id_start", count},
                      {"bucket_id_end", count},
                      {"state", text},
                      {"current_replicaset_uuid", text},
                      {"target_replicaset_uuid", text}},
                     {"tier_name", "bucket_id_start"}),
    };
}

std::string create_statement(const TableInfo& table) {
    std::string sql = "CREATE TABLE " + quote_name(table.name) + " (";
    for (const auto& column : table.columns) {
        sql += quote_name(column.name) + " " + std::string{postgres_name(column.type)};
        if (!column.nullable) {
            sql += " NOT NULL";
        }
        if (column.type == SqlType::unsigned_integer) {
            sql += " CHECK (" + quote_name(column.name) + " >= 0)";
        }
        sql += ", ";
    }
    sql += "PRIMARY KEY (";
    for (std::size_t i = 0; i < table.primary_key.size(); ++i) {
        sql += (i == 0 ? "" : ", ") + quote_name(table.primary_key[i]);
    }
    return sql + "))";
}

const std::string& server_version() {
    static const std::string version = "25.6.0-234-ga54cfb72b";
    return version;
}

std::string function_statements() {
    return R"sql(
CREATE SCHEMA picoxx;
CREATE TABLE picoxx.bucket_range (tier text NOT NULL, first bigint NOT NULL, last bigint NOT NULL, replicaset_uuid text NOT NULL, PRIMARY KEY (tier, first));
CREATE TABLE picoxx.raft (leader_name text);
INSERT INTO picoxx.raft VALUES (NULL);

CREATE FUNCTION picoxx.version() RETURNS text LANGUAGE sql STABLE AS $$ SELECT ')sql" +
           server_version() + R"sql('::text $$;
CREATE FUNCTION picoxx.pico_instance_uuid() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('picoxx.instance_uuid', true) $$;
CREATE FUNCTION picoxx.instance_uuid() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('picoxx.instance_uuid', true) $$;
CREATE FUNCTION picoxx.pico_instance_name(wanted text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT name FROM public._pico_instance WHERE uuid = wanted $$;
CREATE FUNCTION picoxx.pico_instance_dir(wanted text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT './' || name FROM public._pico_instance WHERE uuid = wanted $$;
CREATE FUNCTION picoxx.pico_replicaset_name(wanted text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT replicaset_name FROM public._pico_instance WHERE uuid = wanted $$;
CREATE FUNCTION picoxx.pico_tier_name(wanted text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT tier FROM public._pico_instance WHERE uuid = wanted $$;

CREATE FUNCTION picoxx.pico_raft_leader_id() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT coalesce((SELECT i.raft_id FROM picoxx.raft AS r JOIN public._pico_instance AS i ON i.name = r.leader_name), 0) $$;
CREATE FUNCTION picoxx.pico_raft_leader_uuid() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE answer text;
BEGIN
    SELECT i.uuid INTO answer FROM picoxx.raft AS r JOIN public._pico_instance AS i ON i.name = r.leader_name;
    IF answer IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'PX000', MESSAGE = 'sbroad: instance with raft_id 0 not found';
    END IF;
    RETURN answer;
END $$;

CREATE FUNCTION picoxx._pico_bucket(wanted text) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE answer text;
BEGIN
    IF wanted IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'PX000', MESSAGE = 'sbroad: _pico_bucket: tier name is null';
    END IF;
    IF NOT EXISTS (SELECT FROM public._pico_tier WHERE name = wanted AND vshard_bootstrapped) THEN
        RAISE EXCEPTION USING ERRCODE = 'PX000', MESSAGE = format('sbroad: _pico_bucket: tier ''%s'' doesn''t exist', wanted);
    END IF;
    SELECT '[' || string_agg(format('{"bucket_id_start":%s,"target_replicaset_uuid":"%s","tier_name":"%s","state":"active","current_replicaset_uuid":"%s","bucket_id_end":%s}',
                                    first, replicaset_uuid, tier, replicaset_uuid, last), ',' ORDER BY first) || ']'
        INTO answer FROM picoxx.bucket_range WHERE tier = wanted;
    IF answer IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'PX000', MESSAGE = 'sbroad: _pico_bucket: Bucket 1 cannot be found. Is rebalancing in progress?';
    END IF;
    RETURN answer::json;
END $$;

CREATE FUNCTION picoxx.substr(text, bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.substr($1, $2::int) $$;
CREATE FUNCTION picoxx.substr(text, bigint, bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.substr($1, $2::int, $3::int) $$;
CREATE FUNCTION picoxx."substring"(text, bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.substr($1, $2::int) $$;
CREATE FUNCTION picoxx."substring"(text, bigint, bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.substr($1, $2::int, $3::int) $$;
CREATE FUNCTION picoxx.json_element(json, bigint) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT $1 -> ($2 - 1)::int $$;
CREATE FUNCTION picoxx.json_element(json, text) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT $1 -> $2 $$;
CREATE AGGREGATE picoxx.total(double precision) (sfunc = float8pl, stype = double precision, initcond = '0');
CREATE AGGREGATE picoxx.group_concat(text, text) (sfunc = string_agg_transfn, stype = internal, finalfunc = string_agg_finalfn);
CREATE FUNCTION picoxx.concat_step(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN $2 IS NULL THEN $1 WHEN $1 IS NULL THEN $2 ELSE $1 || ',' || $2 END $$;
CREATE AGGREGATE picoxx.group_concat(text) (sfunc = picoxx.concat_step, stype = text);
CREATE FUNCTION picoxx.average_step(numeric[], numeric) RETURNS numeric[] LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN $2 IS NULL THEN $1 ELSE ARRAY[$1[1] + $2, $1[2] + 1] END $$;
CREATE FUNCTION picoxx.average_end(numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT trim_scale($1[1] / nullif($1[2], 0)) $$;
CREATE AGGREGATE picoxx.avg(numeric) (sfunc = picoxx.average_step, stype = numeric[], finalfunc = picoxx.average_end, initcond = '{0,0}');
CREATE FUNCTION picoxx.average_step(numeric[], bigint) RETURNS numeric[] LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN $2 IS NULL THEN $1 ELSE ARRAY[$1[1] + $2, $1[2] + 1] END $$;
CREATE AGGREGATE picoxx.avg(bigint) (sfunc = picoxx.average_step, stype = numeric[], finalfunc = picoxx.average_end, initcond = '{0,0}');

CREATE FUNCTION picoxx.switch_master() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.target_master_name IS DISTINCT FROM OLD.target_master_name THEN
        NEW.current_master_name := NEW.target_master_name;
        NEW.current_config_version := OLD.current_config_version + 1;
        NEW.target_config_version := NEW.current_config_version;
        NEW.master_change_counter := coalesce(OLD.master_change_counter, 0) + 1;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER switch_master BEFORE UPDATE ON public._pico_replicaset FOR EACH ROW EXECUTE FUNCTION picoxx.switch_master();
)sql";
}

}  // namespace picoxx::devcluster
