// The workflow commands of GitHub Actions.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
#pragma once

#include <string>
#include <string_view>

namespace github {

enum class Annotation { notice, warning, error };

struct AnnotationPlace {
    std::string title;
    std::string file;  // relative to the workspace; may be empty
    int line = 0;      // 0: unknown
};

// "::error title=…::message": escaped, cut to 4,096 characters.
[[nodiscard]] std::string annotation(Annotation kind, std::string_view message, const AnnotationPlace& place = {});
[[nodiscard]] std::string group(std::string_view title);
[[nodiscard]] std::string end_group();
[[nodiscard]] std::string add_mask(std::string_view value);
// What others print cannot issue commands between these two lines. `token` is random.
[[nodiscard]] std::string stop_commands(std::string_view token);
[[nodiscard]] std::string resume_commands(std::string_view token);
// Unguessable, 32 hexadecimal digits.
[[nodiscard]] std::string random_token();

// One entry of a GITHUB_OUTPUT file, with a random delimiter, newline at the end.
[[nodiscard]] std::string output_entry(std::string_view name, std::string_view value);

}  // namespace github
