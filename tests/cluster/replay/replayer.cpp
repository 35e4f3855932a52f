#include "replayer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <regex>
#include <set>
#include <utility>
#include <vector>

namespace picoxx::testing {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::string text(const json::value& value) { return {value.as_string().data(), value.as_string().size()}; }
std::string kind(const json::value& message) { return text(message.at("msg")); }

bool contains(const json::array& messages, std::string_view name) {
    return std::any_of(messages.begin(), messages.end(),
                       [&](const json::value& message) { return kind(message) == name; });
}

std::map<std::string, std::string> parameters_of(const json::value& value) {
    std::map<std::string, std::string> parameters;
    for (const auto& entry : value.as_object()) parameters[std::string{entry.key()}] = text(entry.value());
    return parameters;
}

void append(json::array& to, const json::array& from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace

json::array Replayer::as_admin(std::string_view sql) {
    if (admin_ == nullptr) {
        admin_ = std::make_unique<RawClient>(admin_port_);
        admin_->log_in({});
    }
    return admin_->query(sql);
}

void Replayer::run_as_admin(const json::array& statements) {
    for (const json::value& sql : statements) as_admin(text(sql));
}

json::array Replayer::run(const json::object& conversation) {
    run_as_admin(conversation.at("setup").as_array());
    json::array received = converse(conversation);
    run_as_admin(conversation.at("teardown").as_array());
    return received;
}

json::array Replayer::converse(const json::object& conversation) {
    const json::array& send = conversation.at("send").as_array();
    const std::string first = kind(send.at(0));
    if (first == "Startup" && !send.at(0).as_object().contains("length")) return log_in(conversation);
    if (contains(send, "#connect")) return connect_again_and_again(conversation);
    if (first == "SSLRequest" || first == "GSSENCRequest" || first == "CancelRequest" || first == "Startup") {
        return before_start_up(conversation);
    }
    return ordinary(conversation);
}

json::array Replayer::log_in(const json::object& conversation) const {
    const json::array& send = conversation.at("send").as_array();
    RawLogin login;
    login.parameters = parameters_of(send.at(0).at("params"));
    login.protocol = send.at(0).at("protocol").to_number<std::uint32_t>();
    for (const json::value& message : send) {
        if (const json::value* password = message.as_object().if_contains("password")) login.password = text(*password);
    }
    if (const auto user = login.parameters.extract("user"); user.empty()) {
        login.user.reset();
    } else {
        login.user = user.mapped();
    }
    RawClient client{port_};
    return client.log_in(login);
}

json::array Replayer::connect_again_and_again(const json::object& conversation) {
    const json::array& send = conversation.at("send").as_array();
    const bool with_parameters = std::any_of(
        send.begin(), send.end(), [](const json::value& message) { return message.as_object().contains("params"); });
    json::array received;
    for (const json::value& message : send) {
        if (kind(message) == "#admin") {
            as_admin(text(message.at("sql")));
            received.push_back(json::object{{"msg", "#admin"}});
            continue;
        }
        received.push_back(json::object{{"msg", "#connect"}});
        RawClient client{port_};
        RawLogin login;
        login.user = text(message.at("user"));
        const json::object& fields = message.as_object();
        if (fields.contains("abort")) {
            // Goes away after the server's first message.
            std::string body = std::string{"\0\3\0\0", 4} + "user" + '\0' + *login.user + '\0' + '\0';
            const auto size = static_cast<char>(body.size() + 4);
            client.send_bytes(std::string{"\0\0\0", 3} + size + body);
            const json::array first = client.read_until_quiet(300ms);
            received.push_back(json::object{{"msg", "Authentication"},
                                            {"code", first.empty() ? json::value{} : first.at(0).at("code")}});
            client.leave();  // the next login is to find what became of this one
            continue;
        }
        login.password = text(message.at("password"));
        if (const json::value* parameters = fields.if_contains("params")) login.parameters = parameters_of(*parameters);
        for (json::value& got : client.log_in(login)) {
            const std::string name = kind(got);
            json::object& object = got.as_object();
            if (with_parameters) {
                if (name != "ReadyForQuery" && name != "EOF" && name != "ErrorResponse") continue;
            } else {
                if (name == "ParameterStatus") continue;
                object.erase("salt");
                object.erase("data");
            }
            received.push_back(std::move(object));
        }
    }
    return received;
}

json::array Replayer::before_start_up(const json::object& conversation) const {
    RawClient client{port_};
    json::array received;
    for (const json::value& message : conversation.at("send").as_array()) {
        const json::object& object = message.as_object();
        if (kind(message) == "Startup") {
            std::string body{"\0\3\0\0", 4};
            std::uint32_t size = 0;
            if (const json::value* length = object.if_contains("length")) {
                size = length->to_number<std::uint32_t>();
                body += std::string(50, 'x');
            } else {
                body += std::string{"user\0admin\0\0", 12};
                size = static_cast<std::uint32_t>(body.size() + 4);
            }
            std::string packet;
            for (int shift = 24; shift >= 0; shift -= 8)
                packet += static_cast<char>(size >> static_cast<unsigned>(shift));
            client.send_bytes(packet + body);
        } else {
            client.send_bytes(encode(object));
        }
        const std::string byte = client.read_byte();
        received.push_back(byte.empty() ? json::object{{"msg", "EOF"}}
                                        : json::object{{"msg", "byte"}, {"value", byte}});
    }
    return received;
}

json::array Replayer::ordinary(const json::object& conversation) {
    RawLogin login;
    login.parameters = parameters_of(conversation.at("startup_options"));
    if (text(conversation.at("user_kind")) == "plain") {
        login.user = "cv_plain";
        login.password = "T0psecret1";
    }
    RawClient client{port_};
    const json::array start = client.log_in(login);
    if (kind(start.back()) != "ReadyForQuery") return start;

    json::array received;
    std::vector<const json::object*> group;
    const auto send_group = [&] {
        if (!group.empty() && !client.send(group)) received.push_back(json::object{{"msg", "EOF"}});
        const auto answers = std::count_if(group.begin(), group.end(), [](const json::object* message) {
            const std::string name = text(message->at("msg"));
            return name == "Sync" || name == "Query";
        });
        group.clear();
        return static_cast<std::size_t>(answers);
    };
    const auto await = [&] {
        const std::size_t answers = send_group();
        if (answers > 0) append(received, client.read(answers));
    };
    for (const json::value& message : conversation.at("send").as_array()) {
        const std::string name = kind(message);
        const json::object& object = message.as_object();
        if (name == "#await") {
            await();
            received.push_back(json::object{{"msg", "#await"}});
        } else if (name == "#quiet") {
            send_group();
            const json::value* silence = object.if_contains("ms");
            append(received, client.read_until_quiet(
                                 std::chrono::milliseconds{silence == nullptr ? 300 : silence->to_number<int>()}));
            received.push_back(json::object{{"msg", "#quiet"}});
        } else if (name == "#admin") {
            await();
            json::object marker{{"msg", "#admin"}};
            const json::array answer = as_admin(text(object.at("sql")));
            if (const json::value* rows = object.if_contains("rows");
                rows != nullptr && rows->is_bool() && rows->get_bool()) {
                json::array values;
                for (const json::value& one : answer) {
                    if (kind(one) == "DataRow") values.push_back(one.at("values"));
                }
                marker["rows"] = std::move(values);
            }
            received.push_back(std::move(marker));
        } else if (name == "#eof") {
            send_group();
            append(received, client.read_until_quiet(1'500ms));
        } else {
            group.push_back(&object);
        }
    }
    if (!group.empty()) await();
    return received;
}

// --------------------------------------------------------------------------------------------------------- comparison

namespace {

std::string normalized_text(std::string subject) {
    static const std::array<std::pair<std::regex, const char*>, 5> replacements{{
        {std::regex{"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}, "<uuid>"},
        {std::regex{"for client [0-9]+"}, "for client <client_id>"},
        {std::regex{"index (\\\\?\")[0-9]+_pkey"}, "index $1<index_id>_pkey"},
        {std::regex{"\"line\":[0-9]+"}, "\"line\":<trace_line>"},
        {std::regex{"metadata for table: [0-9]+"}, "metadata for table: <table_id>"},
    }};
    for (const auto& [pattern, replacement] : replacements) {
        if (std::string_view{replacement} == "<uuid>" && subject.find("6f2ba4c4") != std::string::npos)
            continue;  // a value, not a name
        subject = std::regex_replace(subject, pattern, replacement);
    }
    if (const std::size_t rules = subject.find("= expected ");
        rules != std::string::npos && subject.size() - rules > 70) {
        subject = subject.substr(0, rules) + "= expected <grammar_rules>";
    }
    const std::string_view trace = "<bucket_trace>";
    for (std::size_t at = subject.find(trace); at != std::string::npos; at = subject.find(trace))
        subject.replace(at, trace.size(), "<trace_line>");
    return subject;
}

}  // namespace

json::value normalized(const json::value& value) {
    if (value.is_string()) return json::value(normalized_text(text(value)));
    if (value.is_array()) {
        json::array out;
        for (const json::value& item : value.get_array()) out.push_back(normalized(item));
        return out;
    }
    if (value.is_object()) {
        json::object out;
        for (const auto& entry : value.get_object()) {
            if (entry.key() != "reset") out[entry.key()] = normalized(entry.value());
        }
        return out;
    }
    if (value.is_uint64()) return json::value(static_cast<std::int64_t>(value.get_uint64()));
    return value;
}

void blank_volatile(json::array& messages, const json::object& conversation) {
    static const std::set<std::string> differing{"version", "count", "raft_id", "incarnation"};
    const json::value* parts = conversation.if_contains("volatile");
    if (parts == nullptr) return;
    for (const json::value& part : parts->as_array()) {
        const json::array& kinds = part.at("kinds").as_array();
        if (std::none_of(kinds.begin(), kinds.end(),
                         [](const json::value& one) { return differing.count(text(one)) > 0; }))
            continue;
        json::value root(std::move(messages));
        json::value* place = &root;
        const std::string path = text(part.at("path"));
        for (std::size_t at = path.find('/') + 1; place != nullptr && at <= path.size();) {
            const std::size_t end = std::min(path.find('/', at), path.size());
            const std::string step = path.substr(at, end - at);
            at = end + 1;
            if (place->is_array()) {
                std::size_t index = 0;
                std::from_chars(step.data(), step.data() + step.size(), index);
                place = index < place->get_array().size() ? &place->get_array()[index] : nullptr;
            } else {
                place = place->is_object() ? place->get_object().if_contains(step) : nullptr;
            }
        }
        if (place != nullptr) *place = "<volatile>";
        messages = std::move(root.get_array());
    }
}

json::array shape(const json::array& messages) {
    json::array out;
    for (const json::value& message : messages) {
        const std::string name = kind(message);
        const json::object& object = message.as_object();
        const auto part = [&](const char* key) { return object.contains(key) ? object.at(key) : json::value{}; };
        json::array entry{json::value(name)};
        if (name == "ErrorResponse" || name == "NoticeResponse") {
            entry.push_back(object.at("fields").at("C"));
            if (name == "NoticeResponse") entry.push_back(text(object.at("fields").at("M")).starts_with('{'));
        } else if (name == "CommandComplete") {
            entry.push_back(part("tag"));
        } else if (name == "RowDescription") {
            for (const json::value& column : object.at("columns").as_array()) {
                entry.push_back(json::array{column.at("name"), column.at("oid"), column.at("format")});
            }
        } else if (name == "DataRow") {
            entry.push_back(part("values"));
        } else if (name == "ParameterDescription") {
            entry.push_back(part("oids"));
        } else if (name == "ParameterStatus") {
            entry.push_back(part("name"));
            entry.push_back(part("value"));
        } else if (name == "Authentication") {
            entry.push_back(part("code"));
        }
        out.push_back(std::move(entry));
    }
    return out;
}

}  // namespace picoxx::testing
