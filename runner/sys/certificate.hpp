// What a certificate says of itself, by OpenSSL (which libcurl brings along).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sys {

// When the first certificate of this PEM text ceases to be valid (notAfter).
// Errors: protocol, when there is none in it.
[[nodiscard]] base::Result<std::chrono::sys_seconds> certificate_expiry(std::string_view pem);

// The same of the one among all in this PEM text that stays valid longest: of authorities any will do.
[[nodiscard]] base::Result<std::chrono::sys_seconds> last_certificate_expiry(std::string_view pem);

// The common name of its subject; empty: it has none. Errors: as above.
[[nodiscard]] base::Result<std::string> certificate_common_name(std::string_view pem);

}  // namespace sys
