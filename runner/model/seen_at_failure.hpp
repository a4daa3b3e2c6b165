// What was seen of a deployment that failed, before anything was undone: for the summary,
// cut to fit. The whole is in the evidence folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace model {

struct SeenAtFailure {
    struct Pod {
        std::string name;
        std::string node;  // empty: none
        std::string phrase;
        std::int32_t restarts = 0;
    };
    struct Claim {
        std::string name;
        std::string phase;
        std::string capacity;
        std::string storage_class;
        std::string volume;
    };
    // The last lines of a container.
    struct Log {
        std::string pod;
        std::string container;
        bool previous = false;  // of the run before the restart
        std::string text;
    };
    std::vector<Pod> pods;  // members, and pods of hooks
    std::vector<Claim> claims;
    std::vector<std::string> nodes;   // those that are not ready, and why; one line each
    std::vector<std::string> events;  // oldest first, one line each
    std::vector<Log> logs;            // of pods that are not well
    std::vector<std::string> notes;   // what could not be looked at
    std::string folder = {};          // where the whole evidence is; empty: nowhere
};

}  // namespace model
