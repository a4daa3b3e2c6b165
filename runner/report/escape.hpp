// Untrusted text within GitHub-flavoured Markdown: it can neither format nor link,
// mention, or break out of the place it stands in. https://github.github.com/gfm/
#pragma once

#include <string>
#include <string_view>

namespace report {

// As running text; line ends become spaces.
[[nodiscard]] std::string escape_text(std::string_view text);
// As a code span. With `|` escaped, as tables need it even there (but nowhere else).
[[nodiscard]] std::string code_span(std::string_view text);
[[nodiscard]] std::string code_span_in_table(std::string_view text);
// As a fenced block with a fence longer than any run of backticks within.
[[nodiscard]] std::string fenced(std::string_view language, std::string_view text);

}  // namespace report
