#include "failure_commands.hpp"

#include <stdexcept>
#include <utility>

namespace picoxx::devcluster {
namespace {

using testing::DevErrorForm;
using testing::DevStage;

DevErrorForm form_called(const std::string& name) {
    for (const auto& [known, form] :
         {std::pair{"verbatim", DevErrorForm::verbatim}, std::pair{"placed", DevErrorForm::placed},
          std::pair{"storage", DevErrorForm::storage}, std::pair{"replicaset", DevErrorForm::replicaset}})
        if (name == known) return form;
    throw std::runtime_error{"form is verbatim, placed, storage or replicaset, not " + name};
}

DevStage stage_called(const std::string& name) {
    for (const auto& [known, stage] : {std::pair{"parse", DevStage::parse}, std::pair{"bind", DevStage::bind},
                                       std::pair{"execute", DevStage::execute}})
        if (name == known) return stage;
    throw std::runtime_error{"stage is parse, bind or execute, not " + name};
}

std::size_t replicasets(const std::string& text) {
    return text == "all" ? testing::FailNext::everything : read_number("applied", text);
}

}  // namespace

void fail_next(testing::DevCluster& cluster, Arguments& arguments) {
    const auto node = arguments.word("NODE");
    testing::FailNext failure;
    for (bool more = true; more;) {
        if (const auto form = arguments.option("form"))
            failure.form = form_called(*form);
        else if (const auto applied = arguments.option("applied"))
            failure.applied_replicasets = replicasets(*applied);
        else if (auto sqlstate = arguments.option("sqlstate"))
            failure.sqlstate = *std::move(sqlstate);
        else if (const auto times = arguments.option("times"))
            failure.times = read_number("times", *times);
        else if (auto containing = arguments.option("containing"))
            failure.containing = *std::move(containing);
        else if (const auto stage = arguments.option("stage"))
            failure.stage = stage_called(*stage);
        else
            more = false;
    }
    failure.text = arguments.rest();
    if (failure.text.empty()) throw std::runtime_error{"missing: TEXT"};
    const auto word = failure.text.substr(0, failure.text.find(' '));
    const auto name = word.substr(0, word.find('='));
    if (name != word && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos)
        throw std::runtime_error{"there is no option " + name + "; if that is the text, let it begin otherwise"};
    cluster.fail_next(node, std::move(failure));
}

void stale_statements(testing::DevCluster& cluster, Arguments& arguments) {
    const auto node = arguments.word("NODE");
    testing::DevStaleness staleness;
    if (const auto form = arguments.option("form")) staleness.form = form_called(*form);
    if (const auto applied = arguments.option("applied")) staleness.applied_replicasets = replicasets(*applied);
    arguments.expect_end();
    cluster.stale_statements(node, staleness);
}

void switch_master(testing::DevCluster& cluster, Arguments& arguments) {
    const auto node = arguments.word("NODE");
    if (arguments.rest().empty()) return cluster.switch_master(node);
    if (const auto news = arguments.word("unheard"); news != "unheard")
        throw std::runtime_error{"neither unheard nor nothing: " + news};
    arguments.expect_end();
    cluster.switch_master(node, testing::DevNews::on_command);
}

}  // namespace picoxx::devcluster
