#include "statement_metadata.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

namespace picoxx::devcluster {
namespace {

bool declared(std::uint32_t parameter_oid) noexcept { return parameter_oid != 0 && parameter_oid != oid::unknown; }

}  // namespace

std::optional<std::size_t> parameter_number(const RewrittenQuery& query, std::size_t token_index) {
    const auto& token = query.tokens[token_index];
    if (token.kind == TokenKind::parameter) {
        return std::stoul(token.text);
    }
    if (token.kind != TokenKind::question) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(std::count_if(query.tokens.begin(),
                                                  query.tokens.begin() + static_cast<std::ptrdiff_t>(token_index) + 1,
                                                  [](const Token& one) { return one.kind == TokenKind::question; }));
}

StatementMetadata metadata_of(const RewrittenQuery& query, std::span<const std::uint32_t> declared_oids) {
    StatementMetadata metadata;
    for (const auto& use : query.tables) {
        if (use.table->sharded()) {
            metadata.tier = use.table->tier;
        }
    }
    if (query.verb != "insert" || !query.insert || query.insert->rows.size() != 1 || !query.target().sharded()) {
        return metadata;
    }
    const auto& insert = *query.insert;
    for (const auto& key : *query.target().sharding_key) {
        const auto place = static_cast<std::size_t>(std::find(insert.columns.begin(), insert.columns.end(), key) -
                                                    insert.columns.begin());
        if (place >= insert.rows[0].size()) {
            metadata.dk_meta.clear();
            return metadata;
        }
        const auto range = insert.rows[0][place];
        const auto type = query.target().column(key)->type;
        const auto number = parameter_number(query, range.begin);
        const auto size = range.end - range.begin;
        const bool bare = size == 1;
        const bool own_cast = size >= 3 && query.tokens[range.begin + 1].is("::") &&
                              cast_type(query.tokens[range.begin + 2].text) == type;
        const bool typed = number && *number <= declared_oids.size() && declared(declared_oids[*number - 1]);
        const bool fits = !typed || type_of_oid(declared_oids[*number - 1]) == type;
        if (!number || !(bare || (own_cast && fits))) {
            metadata.dk_meta.clear();
            return metadata;
        }
        metadata.dk_meta.emplace_back(static_cast<std::uint32_t>(*number), oid_of(type));
    }
    return metadata;
}

std::string SqlEngine::metadata_json(const Prepared& prepared) {
    std::string query;
    for (const char c : prepared.text) {
        switch (c) {
            case '"': query += "\\\""; break;
            case '\\': query += "\\\\"; break;
            case '\n': query += "\\n"; break;
            case '\r': query += "\\r"; break;
            case '\t': query += "\\t"; break;
            default: query += c;
        }
    }
    std::string keys;
    for (const auto& [number, type] : prepared.metadata.dk_meta) {
        keys += (keys.empty() ? "[" : ",[") + std::to_string(number) + "," + std::to_string(type) + "]";
    }
    const std::string tier = prepared.metadata.tier ? "\"" + *prepared.metadata.tier + "\"" : "null";
    return R"({"type":"PreparedStatementMetadata","query":")" + query + R"(","tier":)" + tier + R"(,"dk_meta":[)" +
           keys + "]}";
}

}  // namespace picoxx::devcluster
