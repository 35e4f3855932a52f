#pragma once

#include <cstddef>
#include <string>

namespace picoxx::devcluster {

/// Which words go around the text of a scripted failure.
enum class FailureForm {
    verbatim,    ///< none
    placed,      ///< none if this node owns all rows of the statement, else those of `storage`
    storage,     ///< as an error comes back from a replicaset that executed the statement
    replicaset,  ///< as an error comes back from a replicaset that refused to
};

/// An error that a statement is answered with on command.
struct ScriptedFailure {
    FailureForm form = FailureForm::verbatim;
    std::string text;
    std::string sqlstate = "XX000";
    std::size_t applied_replicasets = 0;  ///< which apply their part before it, in the order of their names
};

}  // namespace picoxx::devcluster
