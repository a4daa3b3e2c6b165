// The text of a comment in a pull request: a mark by which the next run finds it, and as much
// Markdown as GitHub takes. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace github {

// A longer body is refused ("body is too long (maximum is 65536 characters)"). A character outside
// the Basic Multilingual Plane counts twice here, as in UTF-16: so it fits however it is counted.
inline constexpr std::size_t longest_comment = 65536;

// Of what the comment tells. Several in one pull request have a comment each.
struct CommentSubject {
    std::string release;
    std::string namespace_name;
    std::string cluster;  // the kubeconfig's context, where one was named: tells clusters apart; may be empty
};

// The first line of its comment, which nobody sees:
// <!-- etcd-deploy plan: release=etcd namespace=anytrade -->
[[nodiscard]] std::string comment_marker(const CommentSubject& subject);

// The marker's line, then the Markdown. What is too long is cut, at a line's end where there is one
// near; fences and <details> that are open there are closed, and the last line says that it was
// cut, with `link` to the whole (the run's summary) unless that is no plain http(s) address.
[[nodiscard]] std::string comment_body(std::string_view marker, std::string_view markdown, std::string_view link);

}  // namespace github
