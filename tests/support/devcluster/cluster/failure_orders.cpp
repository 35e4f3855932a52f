#include "failure_orders.hpp"

#include <utility>

namespace picoxx::devcluster {
namespace {

using testing::DevErrorForm;
using testing::DevStage;

FailureForm form_of(DevErrorForm form) {
    switch (form) {
        case DevErrorForm::placed: return FailureForm::placed;
        case DevErrorForm::storage: return FailureForm::storage;
        case DevErrorForm::replicaset: return FailureForm::replicaset;
        case DevErrorForm::verbatim: break;
    }
    return FailureForm::verbatim;
}

}  // namespace

PlannedFailure planned(testing::FailNext failure) {
    PlannedFailure plan;
    plan.failure = {form_of(failure.form), std::move(failure.text), std::move(failure.sqlstate),
                    failure.applied_replicasets};
    plan.stage = failure.stage == DevStage::parse  ? FailureStage::parse
                 : failure.stage == DevStage::bind ? FailureStage::bind
                                                   : FailureStage::execute;
    plan.containing = std::move(failure.containing);
    plan.times = failure.times;
    return plan;
}

Staleness staleness_of(const testing::DevStaleness& staleness) {
    using Answer = Staleness::Answer;
    return {staleness.form == DevErrorForm::placed ? Answer::as_served : Answer::at_execute,
            {form_of(staleness.form), "sbroad: storage schema version different from router", "XX000",
             staleness.applied_replicasets}};
}

}  // namespace picoxx::devcluster
