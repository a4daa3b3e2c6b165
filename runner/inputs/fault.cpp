#include "base/text.hpp"
#include "inputs/inputs.hpp"

namespace inputs {

std::string Fault::text() const {
    std::string text = input.empty() ? "" : input + ": ";
    if (!file.empty()) {
        text += base::printable(file);
        if (line > 0) {
            text += ":" + std::to_string(line);
            text += column > 0 ? ":" + std::to_string(column) : "";
        }
        text += ": ";
    }
    text += message;
    if (!hint.empty()) {
        text += " (" + hint + ")";
    }
    return base::replace_all(std::move(text), "\n", " ");
}

base::Error to_error(const std::vector<Fault>& faults) {
    base::Error error{.code = base::ErrorCode::bad_input, .message = {}, .context = {}, .hint = {}, .command = {}};
    if (faults.size() == 1) {
        Fault fault = faults.front();
        error.hint = std::exchange(fault.hint, "");
        error.message = fault.text();
        return error;
    }
    error.message = std::to_string(faults.size()) + " faults in what was asked for";
    for (const auto& fault : faults) {
        error.message += "\n" + fault.text();
    }
    return error;
}

}  // namespace inputs
