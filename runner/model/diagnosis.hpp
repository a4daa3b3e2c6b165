// What a diagnosis found: the causes, the most likely first, and what it is founded on.
// Texts may hold untrusted words of the cluster; escaping is the report's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace model {

// certain: the cluster says so itself. likely: the usual reason for what is seen. possible:
// worth a look, also when all is well.
enum class Certainty : std::uint8_t { certain, likely, possible };

[[nodiscard]] constexpr const char* to_string(Certainty certainty) {
    switch (certainty) {
        case Certainty::certain: return "certain";
        case Certainty::likely: return "likely";
        case Certainty::possible: return "possible";
    }
    return "?";
}

struct DiagnosedCause {
    std::string rule;  // stable name, e.g. "image-not-found": docs/diagnose.md lists them
    Certainty certainty = Certainty::possible;
    std::string headline;               // plain words, one sentence
    std::string advice;                 // what to do, one sentence
    std::vector<std::string> commands;  // that do it, ready for a shell; the first is the one
    std::vector<std::string> evidence;  // states, events and log lines that prove it
    std::vector<std::string> follows;   // what is so because of it, one line each
};

// One kind of thing that was looked at: {"pods", "3, 2 of them ready"}.
struct LookedAt {
    std::string what;
    std::string seen;
};

struct Diagnosis {
    std::vector<DiagnosedCause> causes;
    std::vector<LookedAt> looked_at;
    std::vector<std::string> notes;    // what could not be looked at, and why
    std::string evidence_folder = {};  // where the whole evidence is; empty: nowhere

    // The first cause that is more than possible; null when nothing is wrong.
    [[nodiscard]] const DiagnosedCause* main_cause() const {
        const auto found =
            std::ranges::find_if(causes, [](const auto& cause) { return cause.certainty != Certainty::possible; });
        return found == causes.end() ? nullptr : &*found;
    }
};

}  // namespace model
