// SPDX-License-Identifier: Apache-2.0
// Reads tests/vectors/*.txt: lines of words, # begins a comment. Tests run from the root of the repository.
#pragma once
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

/// The words of each line; nothing when the file is not there, so that a test must say how many it expects.
inline std::vector<std::vector<std::string>> read_vectors(const std::string& name) {
    std::vector<std::vector<std::string>> rows;
    std::ifstream file("tests/vectors/" + name);
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        rows.emplace_back();
        for (std::string word; words >> word;) rows.back().push_back(word);
    }
    return rows;
}
