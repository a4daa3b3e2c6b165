// What the person in front of the log sees while it goes on.
#pragma once

#include <string_view>

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
    // From now on this is masked wherever it would be shown.
    virtual void keep_secret(std::string_view secret) = 0;
};

}  // namespace operate
