// A remote chart is fetched before anything is touched, and installed from the archive.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "operate/run.hpp"
#include "sys/temporary_folder.hpp"

namespace operate {

class LocalChart {
public:
    // Errors: bad_input (there is no such chart), refused, cancelled, timed_out.
    [[nodiscard]] static base::Result<LocalChart> fetch(const Run& run);
    // A folder or an archive, as long as this object lives.
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::optional<sys::TemporaryFolder> folder_;
    std::string path_;
};

}  // namespace operate
