// Which addresses are this machine's own.
#pragma once

#include <string>

namespace sys {

// True for "localhost", 127.0.0.1, ::1 and the addresses of this machine's interfaces,
// as they are written ("10.98.0.1", "fd00::2", also in brackets). No name is looked up.
[[nodiscard]] bool is_own_address(const std::string& host);

}  // namespace sys
