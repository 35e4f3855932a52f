#include <picoxx/picodata/picodata_discovery.hpp>
#include <picoxx/testing/fake_discovery_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace picoxx {
namespace {

using testing::Cell;
using testing::FakeDiscoveryContext;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::null_cell;

// One row of the tables, joined.
struct Instance {
    std::string name = "i1";
    std::string address = "127.0.0.1:5431";
    Cell current = R"(["Online",1])";
    Cell target = R"(["Online",1])";
    Cell current_master = "i1";
    Cell target_master = "i1";
    Cell failure_domain = "{}";
    std::string replicaset = "default_1";
    std::string uuid{};

    [[nodiscard]] std::string id() const { return uuid.empty() ? "uuid-" + name : uuid; }
};

testing::FakeAnswer full_rows(const std::vector<Instance>& instances) {
    std::vector<testing::Row> rows;
    for (const Instance& instance : instances) {
        rows.push_back({instance.id(), instance.name, instance.address, "default", "uuid-" + instance.replicaset,
                        instance.replicaset, instance.current, instance.target, instance.failure_domain, "25.6.0",
                        instance.current_master, instance.target_master, testing::int8_cell(3000)});
    }
    return testing::rows_answer({{"uuid"},
                                 {"name"},
                                 {"address"},
                                 {"tier"},
                                 {"replicaset_uuid"},
                                 {"replicaset_name"},
                                 {"current_state", oid::json},
                                 {"target_state", oid::json},
                                 {"failure_domain", oid::json},
                                 {"picodata_version"},
                                 {"current_master_name"},
                                 {"target_master_name"},
                                 {"bucket_count", oid::int8}},
                                std::move(rows));
}

testing::FakeAnswer reduced_rows(const std::vector<Instance>& instances) {
    testing::FakeAnswer answer = full_rows(instances);
    answer.columns.resize(10);
    for (testing::Row& row : answer.rows) row.resize(10);
    return answer;
}

testing::FakeAnswer identity(const std::string& uuid) { return testing::rows_answer({{"col_1"}}, {{uuid}}); }

const char* const denied = "box error: AccessDenied: Read access to space '_pico_tier' is denied for user 'app'";

class PicodataDiscoveryTest : public ::testing::Test {
protected:
    PicodataDiscoveryTest() { context.answer("pico_instance_uuid", identity("uuid-i1")); }

    // What comes of a refresh in which the tables hold these instances.
    Topology discover(const std::vector<Instance>& instances) {
        context.answer("_pico_tier", full_rows(instances));
        context.run(*source);
        EXPECT_TRUE(context.topology().has_value()) << (context.error() ? context.error()->text : "");
        return context.topology().value_or(Topology{});
    }

    FakeDiscoveryContext context{Endpoint{"db.example", 4327}};
    std::shared_ptr<DiscoverySource> source = picodata_discovery();
};

TEST_F(PicodataDiscoveryTest, reads_all_there_is_to_know) {
    const Topology topology = discover(
        {{.name = "i1", .failure_domain = R"({"RACK":"7","DC":"DC1"})"},
         {.name = "i2", .address = "10.0.0.2:4327", .current = R"(["Online",3])", .target = R"(["Online",3])"}});

    ASSERT_EQ(topology.nodes.size(), 2U);
    const Node& first = topology.nodes[0];
    EXPECT_EQ(first.id, "uuid-i1");
    EXPECT_EQ(first.name, "i1");
    EXPECT_EQ(first.endpoint, (Endpoint{"127.0.0.1", 5431}));
    EXPECT_EQ(first.tier, "default");
    EXPECT_EQ(first.replicaset, "uuid-default_1");
    EXPECT_EQ(first.replicaset_name, "default_1");
    EXPECT_EQ(first.zone, "DC=DC1,RACK=7");
    EXPECT_EQ(first.version, "25.6.0");
    EXPECT_EQ(first.role, NodeRole::leader);
    EXPECT_EQ(topology.nodes[1].role, NodeRole::replica);
    EXPECT_EQ(topology.nodes[1].incarnation, 3U);
    EXPECT_EQ(topology.answered_by, "uuid-i1");
    ASSERT_EQ(topology.tiers.size(), 1U);
    EXPECT_EQ(topology.tiers[0].bucket_count, 3000U);
    EXPECT_EQ(context.ends(), 1U);
}

struct StateCase {
    const char* name;
    Cell current;
    Cell target;
    Availability availability;
};

class InstanceStateTest : public PicodataDiscoveryTest, public ::testing::WithParamInterface<StateCase> {};

TEST_P(InstanceStateTest, decides_what_a_node_is_good_for) {
    const Topology topology = discover(
        {{.name = "i1", .current = GetParam().current, .target = GetParam().target}, {.name = "i2"}});

    ASSERT_EQ(topology.nodes.size(), 2U);
    EXPECT_EQ(topology.nodes[0].availability, GetParam().availability);
    EXPECT_EQ(topology.nodes[1].availability, Availability::usable);
}

INSTANTIATE_TEST_SUITE_P(
    states, InstanceStateTest,
    ::testing::Values(StateCase{"online", R"(["Online",5])", R"(["Online",5])", Availability::usable},
                      StateCase{"online_as_map", R"({"Online":5})", R"({"Online":5})", Availability::usable},
                      StateCase{"restarted_not_configured", R"(["Online",1])", R"(["Online",2])", Availability::usable},
                      StateCase{"stopping", R"(["Online",5])", R"(["Offline",5])", Availability::draining},
                      StateCase{"being_expelled", R"(["Online",5])", R"({"Expelled":5})", Availability::draining},
                      StateCase{"offline", R"(["Offline",5])", R"(["Offline",5])", Availability::unusable},
                      StateCase{"coming", R"(["Offline",0])", R"(["Online",1])", Availability::unusable},
                      StateCase{"a_new_word", R"(["Sleeping",5])", R"(["Sleeping",5])", Availability::unusable},
                      StateCase{"null", null_cell, null_cell, Availability::unusable},
                      StateCase{"garbage", "{{{", "7", Availability::unusable},
                      StateCase{"deep", std::string(100, '['), "[]", Availability::unusable}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(PicodataDiscoveryTest, expelled_instances_are_left_out_even_at_the_address_of_another) {
    const Topology topology = discover(
        {{.name = "i1", .current = R"(["Expelled",1])", .target = R"(["Expelled",1])", .uuid = "old"},
         {.name = "i1", .uuid = "new"}});

    ASSERT_EQ(topology.nodes.size(), 1U);
    EXPECT_EQ(topology.nodes[0].id, "new");
}

TEST_F(PicodataDiscoveryTest, instances_are_told_apart_by_uuid_not_by_address) {
    const Topology topology = discover({{.name = "i1", .address = "h:1"}, {.name = "i2", .address = "h:1"}});

    EXPECT_EQ(topology.nodes.size(), 2U);
}

TEST_F(PicodataDiscoveryTest, nobody_leads_during_a_switchover) {
    const Topology topology = discover({{.name = "i1", .current_master = "i1", .target_master = "i2"},
                                        {.name = "i2", .current_master = "i1", .target_master = "i2"}});

    EXPECT_EQ(topology.nodes[0].role, NodeRole::replica);
    EXPECT_EQ(topology.nodes[1].role, NodeRole::replica);
}

TEST_F(PicodataDiscoveryTest, a_replicaset_without_a_row_leaves_the_role_unknown) {
    const Topology topology = discover({{.name = "i1", .current_master = null_cell, .target_master = null_cell}});

    EXPECT_EQ(topology.nodes[0].role, NodeRole::unknown);
}

TEST_F(PicodataDiscoveryTest, a_wildcard_host_is_where_the_answering_node_was_reached) {
    const Topology topology = discover({{.name = "i1", .address = "0.0.0.0:5431"}, {.name = "i2", .address = ":5432"}});

    EXPECT_EQ(topology.nodes[0].endpoint, (Endpoint{"db.example", 4327}));
    EXPECT_EQ(topology.nodes[0].availability, Availability::usable);
    EXPECT_EQ(topology.nodes[1].endpoint, (Endpoint{"", 5432}))
        << "as advertised: the client's address map may know it";
}

TEST_F(PicodataDiscoveryTest, addresses_are_split_at_the_last_colon) {
    const Topology topology = discover({{.name = "i1", .address = "[::1]:4327"},
                                        {.name = "i2", .address = "node-2.svc:70000"},
                                        {.name = "i3", .address = "nonsense"}});

    EXPECT_EQ(topology.nodes[0].endpoint, (Endpoint{"::1", 4327}));
    EXPECT_EQ(topology.nodes[1].availability, Availability::unusable);
    EXPECT_EQ(topology.nodes[2].availability, Availability::unusable);
}

TEST_F(PicodataDiscoveryTest, an_ordinary_user_is_served_by_two_tables_for_good) {
    context.answer("_pico_tier", testing::error_answer(testing::server_error(denied)));
    FakeDiscoveryContext later{Endpoint{"db.example", 4327}};
    for (FakeDiscoveryContext* each : {&context, &later}) {
        each->answer("pico_instance_uuid", identity("uuid-i1"));
    }
    context.answer("picodata_version FROM", reduced_rows({{.name = "i1"}, {.name = "i2"}}));
    later.answer("picodata_version FROM", reduced_rows({{.name = "i1"}, {.name = "i2"}}));

    context.run(*source);
    later.run(*source);

    ASSERT_TRUE(context.topology().has_value());
    EXPECT_EQ(context.queries().size(), 3U);
    EXPECT_EQ(context.topology()->nodes.size(), 2U);
    EXPECT_EQ(context.topology()->nodes[0].role, NodeRole::unknown);
    EXPECT_EQ(context.topology()->tiers.at(0).bucket_count, 0U);
    ASSERT_TRUE(later.topology().has_value());
    EXPECT_EQ(later.queries().size(), 2U) << "what was denied once is not asked again";
    for (const std::string& query : later.queries()) EXPECT_THAT(query, Not(HasSubstr("_pico_tier")));
}

TEST_F(PicodataDiscoveryTest, not_knowing_who_answers_is_no_error) {
    context.answer("pico_instance_uuid",
                   testing::error_answer(testing::server_error("sbroad: SQL function pico_instance_uuid not found")));

    const Topology topology = discover({{.name = "i1"}});

    EXPECT_TRUE(topology.answered_by.empty());
}

TEST_F(PicodataDiscoveryTest, an_answer_by_a_node_that_is_not_listed_identifies_nobody) {
    context.answer("pico_instance_uuid", identity("uuid-gone"));

    EXPECT_TRUE(discover({{.name = "i1"}}).answered_by.empty());
}

TEST_F(PicodataDiscoveryTest, the_text_of_the_reason_column_is_never_asked_for) {
    discover({{.name = "i1"}});

    for (const std::string& query : context.queries()) {
        EXPECT_THAT(query, Not(HasSubstr("reason")));
        EXPECT_THAT(query, Not(HasSubstr("*")));
    }
}

TEST_F(PicodataDiscoveryTest, other_errors_end_the_refresh) {
    context.answer("_pico_tier", testing::error_answer(testing::server_error("sbroad: something else")));

    context.run(*source);

    ASSERT_TRUE(context.error().has_value());
    EXPECT_EQ(context.error()->code, Errc::server_error);
    EXPECT_EQ(context.ends(), 1U);
}

TEST_F(PicodataDiscoveryTest, a_connection_lost_at_either_question_ends_the_refresh) {
    for (const char* question : {"pico_instance_uuid", "_pico_tier"}) {
        FakeDiscoveryContext losing{Endpoint{"h", 1}};
        losing.answer("pico_instance_uuid", identity("uuid-i1"));
        losing.answer(question, testing::error_answer(testing::connection_lost(Effect::unknown)));

        losing.run(*source);

        ASSERT_TRUE(losing.error().has_value()) << question;
        EXPECT_EQ(losing.error()->code, Errc::connection_lost);
        EXPECT_EQ(losing.ends(), 1U);
    }
}

TEST_F(PicodataDiscoveryTest, a_cluster_without_instances_is_an_error) {
    context.answer("_pico_tier", full_rows({}));

    context.run(*source);

    ASSERT_TRUE(context.error().has_value());
    EXPECT_EQ(context.error()->code, Errc::discovery_failed);
}

TEST_F(PicodataDiscoveryTest, rows_of_another_shape_are_an_error) {
    context.answer("_pico_tier", testing::rows_answer({{"x"}}, {{Cell{"y"}}}));

    context.run(*source);

    ASSERT_TRUE(context.error().has_value());
    EXPECT_EQ(context.error()->code, Errc::discovery_failed);
}

TEST_F(PicodataDiscoveryTest, a_denial_of_everything_is_not_remembered) {
    // given an account that was locked while its session was open: every table is denied
    const char* const locked = "box error: AccessDenied: Usage access to universe '' is denied for user 'app'";
    context.answer("_pico_instance", testing::error_answer(testing::server_error(locked)));
    context.run(*source);
    ASSERT_TRUE(context.error().has_value());
    EXPECT_EQ(context.error()->server_text, locked);
    EXPECT_EQ(context.ends(), 1U);

    // when it is unlocked
    const Topology topology = discover({{.name = "i1"}});

    // then the roles are known again
    EXPECT_EQ(topology.nodes.at(0).role, NodeRole::leader);
}

TEST_F(PicodataDiscoveryTest, what_one_user_may_not_read_at_one_node_is_asked_by_others_and_elsewhere) {
    // given a user who was denied the full query
    context.answer("_pico_tier", testing::error_answer(testing::server_error(denied)));
    context.answer("picodata_version FROM", reduced_rows({{.name = "i1"}}));
    context.run(*source);
    ASSERT_TRUE(context.topology().has_value());

    // when another user asks there, or the same one a node of another cluster
    FakeDiscoveryContext admin{Endpoint{"db.example", 4327}, "admin"};
    FakeDiscoveryContext elsewhere{Endpoint{"db.example", 4328}};
    for (FakeDiscoveryContext* other : {&admin, &elsewhere}) {
        other->answer("_pico_tier", full_rows({{.name = "i1"}}));
        other->run(*source);

        ASSERT_TRUE(other->topology().has_value());
        EXPECT_EQ(other->topology()->nodes.at(0).role, NodeRole::leader);
    }
}

TEST_F(PicodataDiscoveryTest, a_refresh_may_outlive_its_source) {
    context.answer("_pico_tier", full_rows({{.name = "i1"}}));
    context.start(*source);
    source.reset();
    while (context.answer_question()) {
    }

    EXPECT_TRUE(context.topology().has_value());
}

TEST_F(PicodataDiscoveryTest, null_columns_leave_their_part_out) {
    testing::FakeAnswer answer = full_rows({{.name = "i1"}, {.name = "i2"}});
    for (std::size_t column = 1; column < answer.columns.size(); ++column) answer.rows[0][column] = null_cell;
    context.answer("_pico_tier", answer);

    context.run(*source);

    ASSERT_TRUE(context.topology().has_value());
    ASSERT_EQ(context.topology()->nodes.size(), 2U);
    EXPECT_EQ(context.topology()->nodes[0].id, "uuid-i1");
    EXPECT_EQ(context.topology()->nodes[0].role, NodeRole::unknown);
    EXPECT_EQ(context.topology()->nodes[0].availability, Availability::unusable);
    EXPECT_EQ(context.topology()->nodes[1].availability, Availability::usable);
}

TEST_F(PicodataDiscoveryTest, an_instance_without_a_uuid_is_an_error) {
    testing::FakeAnswer answer = full_rows({{.name = "i1"}});
    answer.rows[0][0] = null_cell;
    context.answer("_pico_tier", answer);

    context.run(*source);

    ASSERT_TRUE(context.error().has_value());
    EXPECT_EQ(context.error()->code, Errc::discovery_failed);
}

TEST_F(PicodataDiscoveryTest, a_refresh_that_was_abandoned_leaves_nothing_behind) {
    context.answer("_pico_tier", testing::hanging(full_rows({{.name = "i9"}})));
    context.run(*source);
    EXPECT_EQ(context.ends(), 0U);

    EXPECT_EQ(discover({{.name = "i1"}}).nodes.size(), 1U);
}

// What other drivers get wrong; each was seen in picodata-go 1.1.

TEST_F(PicodataDiscoveryTest, an_expelled_instance_is_no_node_in_either_form_of_its_state) {
    const Topology topology = discover({{.name = "i1"},
                                        {.name = "i2", .current = R"(["Expelled",5])", .target = R"(["Expelled",5])"},
                                        {.name = "i3", .current = R"({"Expelled":5})", .target = R"({"Expelled":5})"}});

    ASSERT_EQ(topology.nodes.size(), 1U);
    EXPECT_EQ(topology.nodes[0].name, "i1");
}

TEST_F(PicodataDiscoveryTest, rows_that_vanish_are_gone_from_the_next_picture) {
    EXPECT_EQ(discover({{.name = "i1"}, {.name = "i2"}}).nodes.size(), 2U);

    const Topology topology = discover({{.name = "i1"}});

    ASSERT_EQ(topology.nodes.size(), 1U);
    EXPECT_EQ(topology.nodes[0].name, "i1");
}

TEST_F(PicodataDiscoveryTest, a_node_reached_under_another_spelling_is_named_not_added) {
    // reached as db.example:4327, advertised otherwise
    const Topology topology = discover({{.name = "i1", .address = "10.0.0.1:5431"}, {.name = "i2"}});

    EXPECT_EQ(topology.nodes.size(), 2U);
    EXPECT_EQ(topology.answered_by, "uuid-i1");
    EXPECT_EQ(topology.nodes[0].endpoint, (Endpoint{"10.0.0.1", 5431}));
}

TEST_F(PicodataDiscoveryTest, an_offline_row_of_an_unknown_address_changes_no_other_node) {
    const Topology topology = discover(
        {{.name = "i1"},
         {.name = "i9", .address = "10.9.9.9:1", .current = R"(["Offline",1])", .target = R"(["Offline",1])"}});

    EXPECT_EQ(topology.nodes.at(0).availability, Availability::usable);
    EXPECT_EQ(topology.nodes.at(1).availability, Availability::unusable);
}

TEST_F(PicodataDiscoveryTest, addresses_without_a_usable_port_or_host_are_borne) {
    const std::vector<std::string> odd{"", ":", "h", "h:", "h:0", "h:-1", "h:65536", "h:4327x", "h: 1"};
    std::vector<Instance> instances{{.name = "i1"}};
    for (std::size_t i = 0; i < odd.size(); ++i) {
        instances.push_back({.name = "odd" + std::to_string(i), .address = odd[i]});
    }

    const Topology topology = discover(instances);

    ASSERT_EQ(topology.nodes.size(), odd.size() + 1);
    EXPECT_EQ(topology.nodes[0].availability, Availability::usable);
    for (std::size_t i = 1; i < topology.nodes.size(); ++i) {
        EXPECT_EQ(topology.nodes[i].availability, Availability::unusable) << odd[i - 1];
    }
}

}  // namespace
}  // namespace picoxx
