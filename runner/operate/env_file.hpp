// The values file that tells the backend where etcd is.
#pragma once

#include "base/result.hpp"
#include "model/request.hpp"
#include "operate/run.hpp"

namespace operate {

// Whether the entry could be written, whatever its value will be; touches nothing. Errors:
// bad_input ("FILE:LINE: …"), refused (it may not be written).
[[nodiscard]] base::Result<void> check_env_file(const Run& run);

// Gives the entry the record's `backend_value`, or only checks that it has it, and tells it in
// the record. Errors: those of check_env_file, difference, io.
[[nodiscard]] base::Result<void> update_env_file(const Run& run);

}  // namespace operate
