// SPDX-License-Identifier: LGPL-2.1-or-later

// replay FILE|DIRECTORY...: a target run once on each of these files, where there is no libFuzzer.

#include "fuzz/fuzz.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

void replay(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

} // namespace

int main(int argc, char** argv) {
    std::size_t files = 0;
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            replay(argv[i]);
            ++files;
            continue;
        }
        for (const auto& each : std::filesystem::directory_iterator(argv[i])) {
            replay(each.path());
            ++files;
        }
    }
    std::printf("%zu inputs\n", files);
    return files ? 0 : 1;
}
