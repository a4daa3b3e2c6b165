#include "app/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include "sys/files.hpp"

namespace app {

bool is_terminal(std::FILE* stream) {
    return ::isatty(::fileno(stream)) != 0 && sys::environment("TERM").value_or("dumb") != "dumb";
}

TerminalSize terminal_size(std::FILE* stream) {
    winsize size{};
    if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
        return {};
    }
    return {.columns = size.ws_col, .rows = size.ws_row};
}

}  // namespace app
