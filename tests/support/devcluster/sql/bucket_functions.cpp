#include "bucket_functions.hpp"

#include "pg_connection.hpp"

namespace picoxx::devcluster {

std::string_view bucket_function_statements() {
    return R"sql(
CREATE FUNCTION picoxx.packed(v bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT CASE
    WHEN v IS NULL THEN '\xc0'::bytea
    WHEN v BETWEEN -32 AND 127 THEN substring(int8send(v) FROM 8)
    WHEN v BETWEEN 128 AND 255 THEN '\xcc'::bytea || substring(int8send(v) FROM 8)
    WHEN v BETWEEN 256 AND 65535 THEN '\xcd'::bytea || substring(int8send(v) FROM 7)
    WHEN v BETWEEN 65536 AND 4294967295 THEN '\xce'::bytea || substring(int8send(v) FROM 5)
    WHEN v > 0 THEN '\xcf'::bytea || int8send(v)
    WHEN v >= -128 THEN '\xd0'::bytea || substring(int8send(v) FROM 8)
    WHEN v >= -32768 THEN '\xd1'::bytea || substring(int8send(v) FROM 7)
    WHEN v >= -2147483648 THEN '\xd2'::bytea || substring(int8send(v) FROM 5)
    ELSE '\xd3'::bytea || int8send(v) END $$;
CREATE FUNCTION picoxx.packed(v text) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce(convert_to(v, 'UTF8'), '\xc0'::bytea) $$;
CREATE FUNCTION picoxx.packed(v boolean) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN v IS NULL THEN '\xc0'::bytea WHEN v THEN '\xc3'::bytea ELSE '\xc2'::bytea END $$;
CREATE FUNCTION picoxx.packed(v uuid) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce('\xd802'::bytea || uuid_send(v), '\xc0'::bytea) $$;
-- A whole number counts as an integer, saturating, as it does when it is bound without a cast.
CREATE FUNCTION picoxx.packed(v double precision) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT CASE
    WHEN v IS NULL OR v = 'NaN' THEN '\xc0'::bytea
    WHEN abs(v) = 'Infinity' THEN '\xcb'::bytea || float8send(v)
    WHEN v >= 9223372036854775807 THEN picoxx.packed(9223372036854775807)
    WHEN v <= -9223372036854775808 THEN picoxx.packed((-9223372036854775808)::bigint)
    WHEN v = trunc(v) THEN picoxx.packed(v::bigint)
    ELSE '\xcb'::bytea || float8send(v) END $$;

-- An extension value of MessagePack.
CREATE FUNCTION picoxx.extension(kind integer, payload bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT CASE length(payload)
    WHEN 1 THEN '\xd4'::bytea WHEN 2 THEN '\xd5'::bytea WHEN 4 THEN '\xd6'::bytea WHEN 8 THEN '\xd7'::bytea WHEN 16 THEN '\xd8'::bytea
    ELSE '\xc7'::bytea || substring(int4send(length(payload)) FROM 4) END || substring(int4send(kind) FROM 4) || payload $$;
CREATE FUNCTION picoxx.packed(v numeric) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE digits text;
BEGIN
    IF v IS NULL THEN RETURN '\xc0'; END IF;
    digits := coalesce(nullif(ltrim(replace(abs(v)::text, '.', ''), '0'), ''), '0') || CASE WHEN v < 0 THEN 'd' ELSE 'c' END;
    IF length(digits) % 2 = 1 THEN digits := '0' || digits; END IF;
    RETURN picoxx.extension(1, picoxx.packed(scale(v)::bigint) || decode(digits, 'hex'));
END $$;
CREATE FUNCTION picoxx.reversed(v bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT string_agg(substring(v FROM i FOR 1), ''::bytea ORDER BY i DESC) FROM generate_series(1, length(v)) AS i $$;
CREATE FUNCTION picoxx.packed(v timestamptz) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    seconds bigint;
    nanoseconds integer;
BEGIN
    IF v IS NULL THEN RETURN '\xc0'; END IF;
    seconds := floor(extract(epoch FROM v));
    nanoseconds := (extract(epoch FROM v) - seconds) * 1000000000;
    RETURN picoxx.extension(4, picoxx.reversed(int8send(seconds)) ||
        CASE nanoseconds WHEN 0 THEN ''::bytea ELSE picoxx.reversed(int4send(nanoseconds)) || '\x00000000'::bytea END);
END $$;

CREATE FUNCTION picoxx.times(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT (((a >> 16) * b & 65535) << 16) + (a & 65535) * b & 4294967295 $$;
CREATE FUNCTION picoxx.rotated(v bigint, bits integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT ((v << bits) | (v >> (32 - bits))) & 4294967295 $$;
-- MurmurHash3_x86_32 with seed 13 over the packed key.
CREATE FUNCTION picoxx.bucket(key bytea, bucket_count bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    hash bigint := 13;
    tail bigint := 0;
    whole integer := length(key) / 4 * 4;
BEGIN
    FOR i IN 0 .. whole - 4 BY 4 LOOP
        tail := get_byte(key, i) + get_byte(key, i + 1) * 256::bigint + get_byte(key, i + 2) * 65536::bigint + get_byte(key, i + 3) * 16777216::bigint;
        hash := hash # picoxx.times(picoxx.rotated(picoxx.times(tail, 3432918353), 15), 461845907);
        hash := (picoxx.rotated(hash, 13) * 5 + 3864292196) & 4294967295;
    END LOOP;
    tail := 0;
    FOR i IN REVERSE length(key) - 1 .. whole LOOP
        tail := tail * 256 + get_byte(key, i);
    END LOOP;
    hash := hash # picoxx.times(picoxx.rotated(picoxx.times(tail, 3432918353), 15), 461845907) # length(key);
    hash := picoxx.times(hash # (hash >> 16), 2246822507);
    hash := picoxx.times(hash # (hash >> 13), 3266489909);
    RETURN (hash # (hash >> 16)) % bucket_count + 1;
END $$;

CREATE FUNCTION picoxx.is_chosen(wanted_tier text, bucket bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE chosen text := coalesce(current_setting('picoxx.chosen_replicaset', true), '');
BEGIN
    RETURN chosen = '' OR EXISTS (SELECT FROM picoxx.bucket_range
        WHERE tier = wanted_tier AND bucket BETWEEN first AND last AND replicaset_uuid = chosen);
END $$;
-- By way of a text, since a trigger has a row without its type.
CREATE FUNCTION picoxx.leave_out() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bucket bigint;
BEGIN
    EXECUTE format('SELECT public.bucket_id($1::text::%s)', TG_RELID::regclass) INTO bucket USING NEW;
    RETURN CASE WHEN picoxx.is_chosen(TG_ARGV[0], bucket) THEN NEW END;
END $$;
)sql";
}

std::string bucket_expression(const TableInfo& table, const std::vector<std::string>& values) {
    std::string packed;
    for (const auto& value : values) {
        packed += (packed.empty() ? "picoxx.packed(" : " || picoxx.packed(") + value + ")";
    }
    return "picoxx.bucket(" + packed + ", " + std::to_string(table.bucket_count) + ")";
}

std::string hidden_bucket_statements(const TableInfo& table) {
    const auto name = "public." + quote_name(table.name);
    std::vector<std::string> key;
    for (const auto& column : *table.sharding_key) {
        key.push_back("($1)." + quote_name(column));
    }
    // Nothing but the setting is looked at as long as it is empty: this runs for every row.
    return "CREATE FUNCTION public.bucket_id(" + name + ") RETURNS bigint LANGUAGE sql IMMUTABLE RETURN " +
           bucket_expression(table, key) + ";\nCREATE TRIGGER leave_out BEFORE INSERT ON " + name +
           " FOR EACH ROW WHEN (current_setting('picoxx.chosen_replicaset', true) <> '') EXECUTE FUNCTION "
           "picoxx.leave_out(" +
           quote_text(table.tier) + ");";
}

}  // namespace picoxx::devcluster
