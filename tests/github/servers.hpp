// What tests/github/run.sh has started: GitHub as it describes itself, and a GitHub that remembers.
#pragma once

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "github/pull_request.hpp"
#include "sys/clock.hpp"
#include "sys/http.hpp"

namespace github_contract {

using Json = nlohmann::json;

// "http://127.0.0.1:PORT" of a variable that run.sh sets.
inline std::string server_of(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr) {
        ADD_FAILURE() << variable << " is not set: run tests/github/run.sh";
        return {};
    }
    return value;
}

inline github::Scope within(std::chrono::seconds time) {
    return {.stop = {}, .deadline = std::chrono::steady_clock::now() + time};
}

// Of the repository that both servers know.
inline github::PullRequest pull_request_at(std::string api) {
    return {.api = std::move(api), .repository = "any-trade/deployments", .number = 7};
}

// "updated https://…", or the error.
inline std::string told(const base::Result<github::Comment>& comment) {
    if (!comment) {
        return comment.error().text();
    }
    const auto state = comment->state == github::Comment::State::created   ? "created"
                       : comment->state == github::Comment::State::updated ? "updated"
                                                                           : "unchanged";
    return std::string(state) + " " + comment->url;
}

}  // namespace github_contract
