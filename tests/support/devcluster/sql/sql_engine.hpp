#pragma once

#include "scripted_failure.hpp"
#include "sql_result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace picoxx::devcluster {

class Catalog;

/// One column of a RowDescription.
struct Column {
    std::string name;
    std::uint32_t oid = 0;
};

enum class StatementKind {
    empty,        ///< blanks and `;` only: EmptyQueryResponse
    query,        ///< SELECT, VALUES, WITH: returns rows
    explain,      ///< EXPLAIN: returns rows
    dml,          ///< INSERT, UPDATE, DELETE
    ddl,          ///< tables, indexes, procedures, schemas, TRUNCATE
    acl,          ///< users, roles, GRANT, REVOKE
    system,       ///< ALTER SYSTEM
    call,         ///< CALL of a procedure
    transaction,  ///< BEGIN, COMMIT, END, ROLLBACK: tags without effect
    set,          ///< SET: a tag without effect
    deallocate    ///< DEALLOCATE: executed by the front, which owns the statements
};

/// What the metadata notice says about a statement.
struct StatementMetadata {
    std::optional<std::string> tier;  ///< tier of the sharded tables, none otherwise
    std::vector<std::pair<std::uint32_t, std::uint32_t>>
        dk_meta;  ///< {1-based parameter number, type OID} in sharding-key order
};

/// What a statement reads or writes: sharded tables if there is one among them, system tables only if there are no
/// others.
enum class TableKind { none, system, global, sharded };

/// What DEALLOCATE names; no name means ALL.
struct DeallocateTarget {
    std::optional<std::string> name;
};

/// Private to the engine: rewritten text, tables touched and their schema versions.
struct StatementPlan;

/// A parsed statement. Cheap to copy; stays valid as long as its engine.
struct Prepared {
    std::string text;  ///< as the client sent it
    StatementKind kind = StatementKind::empty;
    std::vector<std::uint32_t> parameter_oids;   ///< for ParameterDescription
    std::optional<std::vector<Column>> columns;  ///< none = NoData
    StatementMetadata metadata;
    TableKind tables = TableKind::none;
    std::optional<DeallocateTarget> deallocate;  ///< set iff kind is deallocate
    std::shared_ptr<const StatementPlan> plan;

    [[nodiscard]] bool is_empty() const noexcept { return kind == StatementKind::empty; }
};

/// Parameters decoded from their wire form and checked as Picodata checks them at Bind.
struct Bound {
    std::vector<std::optional<std::string>> values;  ///< PostgreSQL text form
    std::optional<std::int64_t> sql_motion_row_max;  ///< from OPTION(...), wins over the session's
    std::optional<std::int64_t> sql_vdbe_opcode_max;
};

/// The whole outcome of one execution: the front hands the rows out as the protocol wants them.
struct ResultSet {
    std::optional<std::vector<Column>> columns;                 ///< none = no rows, the tag is complete
    std::vector<std::vector<std::optional<std::string>>> rows;  ///< Picodata's text form; see SqlEngine::encode
    std::string tag;  ///< "INSERT 0 2"; with columns only the verb ("SELECT"), the front appends the row count
    std::optional<bool> at_owner{};  ///< over rows of one replicaset: whether the instance is its master
};

enum class ReadPreference { leader, replica, any };
enum class MetadataNotice { off, on };
enum class StatementInvalidation { off, on };

/// What a session is: whose statements these are, on which instance, with which start-up options.
struct SessionSettings {
    std::string instance_name;
    std::string instance_uuid;
    std::string user;
    std::optional<std::int64_t> sql_motion_row_max;   ///< rows; 0 = unlimited; none = the cluster's (5000)
    std::optional<std::int64_t> sql_vdbe_opcode_max;  ///< opcodes; 0 = unlimited; none = the cluster's (45000)
    ReadPreference read_preference = ReadPreference::leader;
    MetadataNotice metadata = MetadataNotice::off;
    StatementInvalidation invalidation = StatementInvalidation::off;
    bool counts_owners = false;  ///< ResultSet::at_owner is told
};

/// The SQL of one session of a front: Picodata's dialect in front of the private PostgreSQL. Every execution runs to
/// its end by itself; there are no transactions across statements. Thread safety: one session, one thread at a time.
/// Sessions share the Catalog, which is thread-safe. Lifetime: the Catalog must outlive the engine. The connection to
/// PostgreSQL is opened by the first statement that needs it.
class SqlEngine {
public:
    SqlEngine(Catalog& catalog, SessionSettings settings);
    ~SqlEngine();
    SqlEngine(const SqlEngine&) = delete;
    SqlEngine& operator=(const SqlEngine&) = delete;

    /// Parse. `declared_oids` as the client sent them (0 and 705 = infer). Errors: syntax, unknown names, types, 0A000
    /// for parameter types. An empty text gives kind empty; with the metadata notice on, the front registers it and
    /// then answers `empty_text_error()`.
    [[nodiscard]] SqlResult<Prepared> prepare(std::string_view text, std::span<const std::uint32_t> declared_oids = {});

    /// Bind. `statement_name` is only for the texts. Errors: 08P01 counts, 22P02/22P03 values, 0A000, 42999.
    /// @param formats 0, 1 or one per value; 1 = binary, anything else = text.
    [[nodiscard]] SqlResult<Bound> bind(const Prepared& prepared, std::string_view statement_name,
                                        std::span<const std::int16_t> formats,
                                        std::span<const std::optional<std::string>> values);

    /// Execute to the end. Not for kinds empty and deallocate, which the front answers itself.
    [[nodiscard]] SqlResult<ResultSet> execute(const Prepared& prepared, const Bound& bound);

    /// Lets the statement fail as it was told to, after the parts it was told to apply.
    [[nodiscard]] SqlError fail(const Prepared& prepared, const Bound& bound, const ScriptedFailure& failure);

    /// Text value of a ResultSet as DataRow bytes in `format` (1 = binary). Fails for a numeric that does not fit the
    /// binary form.
    [[nodiscard]] static SqlResult<std::string> encode(std::string_view text, std::uint32_t oid, std::int16_t format);

    /// The message of the metadata notice: one line of JSON.
    [[nodiscard]] static std::string metadata_json(const Prepared& prepared);

    /// What Parse of an empty text answers when the metadata notice is on.
    [[nodiscard]] static SqlError empty_text_error();

    /// What Bind answers for a statement whose tables have changed since, if the session asked for it.
    [[nodiscard]] static SqlError invalidated_error(std::string_view statement_name);

    [[nodiscard]] const SessionSettings& settings() const noexcept { return settings_; }

private:
    struct State;
    SessionSettings settings_;
    std::unique_ptr<State> state_;
};

}  // namespace picoxx::devcluster
