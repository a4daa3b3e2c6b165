// The exact commands to go on with after a failure, ready to be copied into a shell.
#pragma once

#include <string>
#include <string_view>

#include "base/text.hpp"
#include "model/record.hpp"

namespace report {

// One command a line, comments between them; empty when there is nothing to advise.
[[nodiscard]] std::string commands_after_failure(const model::RunRecord& record);
[[nodiscard]] std::string command_to_delete(const std::string& namespace_name,
                                            const std::vector<model::Volume>& volumes);
// The same for the cluster of this context: whoever copies a command has another current one, perhaps. Unchanged when
// `context` is empty.
[[nodiscard]] std::string in_context(std::string_view commands, const std::string& context);
using base::shell_word;

}  // namespace report
