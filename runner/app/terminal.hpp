// What is known of a terminal before anything is written to it.
#pragma once

#include <cstddef>
#include <cstdio>

namespace app {

// Whether the stream goes to a terminal that can draw: TERM=dumb says that it cannot.
[[nodiscard]] bool is_terminal(std::FILE* stream);

struct TerminalSize {
    std::size_t columns = 80;
    std::size_t rows = 24;
};
// As it is now; the usual one when it does not tell.
[[nodiscard]] TerminalSize terminal_size(std::FILE* stream);

}  // namespace app
