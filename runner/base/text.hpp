// Small things about text that the standard library does not have.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace base {

[[nodiscard]] std::string trim(std::string_view text);
// Split at '\n' (a '\r' before it goes too), trimmed, empty lines dropped.
[[nodiscard]] std::vector<std::string> nonempty_lines(std::string_view text);
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] std::string replace_all(std::string text, std::string_view from, std::string_view to);
// At most `limit` bytes, cut at a UTF-8 character boundary, "…" appended when cut.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t limit);
// Control characters (terminal escapes among them) removed, tabs and newlines kept;
// bytes that are no UTF-8 become U+FFFD. For everything that others printed.
[[nodiscard]] std::string printable(std::string_view text);
// The candidate nearest to `word` (edit distance at most a third of it), or "".
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
// For a command that somebody copies into a shell: in single quotes unless it is plainly harmless.
[[nodiscard]] std::string shell_word(const std::string& word);

// "10m", "1h30m", "90s", "500ms": Go's duration syntax (time.ParseDuration), which
// helm and Kubernetes use; a bare number is refused, for nobody knows its unit.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);
// 1234 ms -> "1.2 s", 83000 ms -> "1m23s".
[[nodiscard]] std::string human_duration(std::chrono::milliseconds duration);
// For Go programs' flags: "600s".
[[nodiscard]] std::string go_duration(std::chrono::milliseconds duration);
// 20480 -> "20 KiB".
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

// Line breaks among them: what may stand in no address and in no HTTP header.
[[nodiscard]] bool has_control_characters(std::string_view text);

[[nodiscard]] std::string base64_encode(std::string_view bytes);
// Refuses anything but standard base64 (RFC 4648 §4); white space is ignored.
[[nodiscard]] Result<std::string> base64_decode(std::string_view text);
[[nodiscard]] Result<std::string> gzip(std::string_view bytes);
// RFC 1952 (gzip); refuses to grow beyond `limit` bytes.
[[nodiscard]] Result<std::string> gunzip(std::string_view bytes, std::size_t limit);

}  // namespace base
