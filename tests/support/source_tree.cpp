#include "support/source_tree.hpp"

namespace support {

std::filesystem::path test_path(const std::filesystem::path& relative) {
    return std::filesystem::path(TEST_SOURCE_DIR) / relative;
}

}  // namespace support
