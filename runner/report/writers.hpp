// Document -> text. Both show the same things in the same order.
#pragma once

#include <string>

#include "report/document.hpp"
#include "report/report.hpp"

namespace report {

[[nodiscard]] std::string to_markdown(const Document& document);
[[nodiscard]] std::string to_terminal(const Document& document, const TerminalStyle& style);

}  // namespace report
