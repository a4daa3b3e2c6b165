// Golden files: expected texts below tests/golden. With ETCD_DEPLOY_UPDATE_GOLDEN=1
// in the environment they are rewritten instead of compared; look at the difference.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace support {

inline bool updates_golden() {
    const char* value = std::getenv("ETCD_DEPLOY_UPDATE_GOLDEN");
    return value != nullptr && std::string(value) == "1";
}

// Empty when there is no such file.
inline std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

// Compares with (or rewrites) the whole file.
inline void expect_golden(const std::filesystem::path& path, const std::string& actual) {
    if (updates_golden()) {
        write_text(path, actual);
        return;
    }
    EXPECT_EQ(read_text(path), actual) << path << " differs; ETCD_DEPLOY_UPDATE_GOLDEN=1 rewrites it";
}

// The same for the part of a file between two marker lines, which stay.
struct Markers {
    std::string begin;
    std::string end;
};
inline void expect_golden_part(const std::filesystem::path& path, const Markers& markers, const std::string& actual) {
    const std::string text = read_text(path);
    auto begin = text.find(markers.begin);
    const auto end = text.find(markers.end);
    ASSERT_TRUE(begin != std::string::npos && end != std::string::npos && begin < end) << path << " lacks its markers";
    begin = text.find('\n', begin) + 1;
    const auto last_line = text.rfind('\n', end) + 1;
    if (updates_golden()) {
        write_text(path, text.substr(0, begin) + actual + text.substr(last_line));
        return;
    }
    EXPECT_EQ(text.substr(begin, last_line - begin), actual)
        << path << " differs; ETCD_DEPLOY_UPDATE_GOLDEN=1 rewrites this part";
}

}  // namespace support
