#include "operate/evidence.hpp"

#include "base/text.hpp"

namespace operate {
namespace {

constexpr std::size_t longest_file = std::size_t{16} << 20U;
constexpr std::size_t longest_whole = std::size_t{64} << 20U;

// Names come from the cluster: none may lead out of the folder.
std::string safe_path(const std::string& name) {
    std::string path;
    for (const auto& part : base::split(name, '/')) {
        std::string safe;
        for (const char c : part) {
            const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                               c == '_' || (c == '.' && !safe.empty());
            safe += plain ? c : '_';
        }
        path += (path.empty() ? "" : "/") + (safe.empty() ? "_" : safe.substr(0, 200));
    }
    return path;
}

}  // namespace

void Evidence::add(const std::string& name, std::string_view text) {
    const std::scoped_lock lock(mutex_);
    auto& file = files_[safe_path(name)];
    const auto room = std::min(longest_file - std::min(file.size(), longest_file), longest_whole - size_);
    file += text.substr(0, room);
    size_ += std::min(text.size(), room);
    if (text.size() > room) {
        file += "\n… " + base::human_bytes(text.size() - room) + " are left out\n";
    }
}

}  // namespace operate
