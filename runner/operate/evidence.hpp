// What a diagnosis has seen, as files: kept in memory until the end, so that what turns
// out to be a secret later is still hidden in all of it. app/ writes them.
#pragma once

#include <map>
#include <mutex>
#include <string>

namespace operate {

class Evidence {
public:
    // `name` is a path below the folder ("logs/etcd-0/etcd.log"); what is no plain character
    // in it becomes "_". A file of the same name goes on below what is there. Thread-safe.
    void add(const std::string& name, std::string_view text);
    // By name. To be called when nobody adds any more.
    [[nodiscard]] const std::map<std::string, std::string>& files() const { return files_; }

private:
    std::mutex mutex_;
    std::map<std::string, std::string> files_;
    std::size_t size_ = 0;
};

}  // namespace operate
