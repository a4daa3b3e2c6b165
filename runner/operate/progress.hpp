// What the person in front of the log sees while it goes on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rollout/verdict.hpp"

namespace operate {

// Implemented by app/. Called from the deciding thread only.
class Progress {
public:
    virtual ~Progress() = default;
    // One line per change; the time since the start of the run is added.
    virtual void line(std::string_view text) = 0;
    virtual void warning(std::string_view text) = 0;
    // What another program prints goes into a log group; it cannot issue commands there.
    virtual void begin_output_of(std::string_view title) = 0;
    virtual void output_line(std::string_view text) = 0;
    virtual void end_output() = 0;
    // What goes on just now, for who watches a terminal. Phases may hold others.
    virtual void begin_phase(std::string name) = 0;
    virtual void end_phase() = 0;
    // All pods that are looked at, as they are now; none: they are not looked at any more.
    virtual void show_pods(std::vector<rollout::PodLine> pods) = 0;
    // From now on this is masked wherever it would be shown. Any thread may call it.
    virtual void keep_secret(std::string_view secret) = 0;
};

}  // namespace operate
