// The journal as the text that its ConfigMap holds: JSON, with a schema of its own.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/journal.hpp"

namespace kube {

[[nodiscard]] std::string encode_journal(const model::Journal& journal);
// Errors: protocol (no such JSON, or a schema that is newer than this program).
[[nodiscard]] base::Result<model::Journal> decode_journal(std::string_view text);

}  // namespace kube
