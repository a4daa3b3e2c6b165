#include "base/result.hpp"

#include <utility>

namespace base {

std::string Error::text() const {
    std::string text;
    for (auto step = context.rbegin(); step != context.rend(); ++step) {
        text += *step;
        text += ": ";
    }
    return text + message;
}

std::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint) {
    return std::unexpected(
        Error{.code = code, .message = std::move(message), .context = {}, .hint = std::move(hint), .command = {}});
}

Error in_context(Error error, std::string context) {
    error.context.push_back(std::move(context));
    return error;
}

}  // namespace base
