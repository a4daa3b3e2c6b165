// Digests, by OpenSSL (which libcurl brings along).
#pragma once

#include <string>
#include <string_view>

namespace sys {

// 64 hexadecimal digits.
[[nodiscard]] std::string sha256(std::string_view text);

}  // namespace sys
