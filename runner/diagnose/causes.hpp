// The causes while they are being found: alike ones become one, consequences find their
// cause. Shared by the source files of this folder only.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnosis.hpp"

namespace diagnose {

// How near to the root a cause is: of equally certain ones the nearest is told first.
enum class Depth : std::uint8_t { place, creation, storage, pod, crash, etcd, release, remark };

// Stands in a headline where the pods go: "pod etcd-1", "pods etcd-1 and etcd-2".
inline constexpr std::string_view pods_here = "{pods}";

struct Found {
    std::string rule;
    model::Certainty certainty = model::Certainty::possible;
    Depth depth = Depth::etcd;
    std::string headline;           // may hold pods_here
    std::vector<std::string> pods;  // that do not work because of it
    std::string advice;
    std::vector<std::string> commands;
    std::vector<std::string> evidence;
};

class Causes {
public:
    // Of several with the same rule and headline one is kept, with all their pods, and the
    // commands and the evidence of the first.
    void add(Found found);

    // Tells `line` below the cause that this pod suffers from; false: there is none.
    bool follows(const std::string& pod, const std::string& line);
    // The same below the cause that comes first of those that keep any pod from working.
    bool follows_any(const std::string& line);
    [[nodiscard]] bool blames(const std::string& pod) const;
    [[nodiscard]] bool has(std::string_view rule) const;

    // The most likely first; empties this.
    [[nodiscard]] std::vector<model::DiagnosedCause> ranked();

private:
    struct Kept {
        Found found;
        std::vector<std::string> follows;
    };
    std::vector<Kept> kept_;
};

// "etcd-0", "etcd-0 and etcd-1", "etcd-0, etcd-1 and etcd-2"
[[nodiscard]] std::string listed(const std::vector<std::string>& words);
// One line of others' words, not too long.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t limit = 300);

}  // namespace diagnose
