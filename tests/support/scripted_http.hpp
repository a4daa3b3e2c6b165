// An Http that reaches nobody: it answers from a script. A request that the script does
// not foresee fails the test, and so does an answer that nobody asked for.
//
//     support::ScriptedHttp http;
//     http.on("GET /version").answer(200, R"({"gitVersion":"v1.37.2"})");
//     http.on("GET /api/v1/namespaces/x/pods?watch=true*").chunks({"{...}\n"}).stays_open();
//
// Each `on` answers one request (with `.always()` any number of them, one at least); of
// several that match, the first unused one. So the order among different addresses does
// not matter, and threads may ask at once. `requests()` tells the order that it was.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sys/http.hpp"

namespace support {

// One scripted answer. The setters return *this, to be chained.
class Scripted {
public:
    explicit Scripted(std::string what) : what_(std::move(what)) {}

    Scripted& answer(int status, std::string body = {}) {
        response_.status = status;
        response_.body = std::move(body);
        return *this;
    }
    Scripted& header(const std::string& name_in_lower_case, std::string value) {
        response_.headers[name_in_lower_case] = std::move(value);
        return *this;
    }
    // A 200 whose body comes in these pieces; then the stream ends normally, unless
    // `fails` or `stays_open` says otherwise.
    Scripted& chunks(std::vector<std::string> pieces) {
        response_.status = 200;
        chunks_ = std::move(pieces);
        return *this;
    }
    // No answer (or, after chunks, no end) but this error.
    Scripted& fails(base::ErrorCode code, std::string message) {
        error_ = base::Error{.code = code, .message = std::move(message), .context = {}, .hint = {}, .command = {}};
        return *this;
    }
    // After the chunks, if any: nothing more until the caller's stop token says stop.
    Scripted& stays_open() {
        stays_open_ = true;
        response_.status = 200;
        return *this;
    }
    Scripted& always() {
        always_ = true;
        return *this;
    }
    // Called in the asking thread when the request has come, before the answer.
    Scripted& when_asked(std::function<void(const sys::HttpRequest&)> action) {
        when_asked_ = std::move(action);
        return *this;
    }

private:
    friend class ScriptedHttp;

    [[nodiscard]] bool matches(const std::string& line) const {
        return what_.ends_with('*') ? line.starts_with(std::string_view(what_).substr(0, what_.size() - 1))
                                    : line == what_;
    }

    std::string what_;  // "METHOD /path?query"; a '*' at the end: any rest
    sys::HttpResponse response_{.status = 200, .headers = {}, .body = {}};
    std::vector<std::string> chunks_;
    std::optional<base::Error> error_;
    bool stays_open_ = false;
    bool always_ = false;
    bool used_ = false;
    std::function<void(const sys::HttpRequest&)> when_asked_;
};

class ScriptedHttp final : public sys::Http {
public:
    ScriptedHttp() = default;
    ScriptedHttp(const ScriptedHttp&) = delete;
    ScriptedHttp& operator=(const ScriptedHttp&) = delete;
    ~ScriptedHttp() override {
        for (const auto& scripted : script_) {
            EXPECT_TRUE(scripted.used_) << "nobody asked: " << scripted.what_;
        }
    }

    // "GET /path?query"; scheme and host of the address are not compared.
    Scripted& on(std::string what) {
        const std::scoped_lock lock(mutex_);
        return script_.emplace_back(std::move(what));
    }

    struct Request {
        std::string line;  // "GET /path?query"
        sys::HttpRequest http;
        sys::Deadline deadline;
    };
    // In the order in which they came.
    [[nodiscard]] std::vector<Request> requests() const {
        const std::scoped_lock lock(mutex_);
        return requests_;
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        for (const auto& request : requests()) {
            lines.push_back(request.line);
        }
        return lines;
    }

    [[nodiscard]] base::Result<sys::HttpResponse> send(const sys::HttpRequest& request, std::stop_token stop,
                                                       sys::Deadline deadline) override {
        return perform(request, nullptr, stop, deadline);
    }
    [[nodiscard]] base::Result<sys::HttpResponse> stream(const sys::HttpRequest& request,
                                                         std::function<bool(std::string_view)> on_data,
                                                         std::stop_token stop, sys::Deadline deadline) override {
        return perform(request, on_data, stop, deadline);
    }

private:
    [[nodiscard]] static std::string line_of(const sys::HttpRequest& request) {
        const auto host = request.url.find("://");
        const auto path = host == std::string::npos ? host : request.url.find('/', host + 3);
        return request.method + " " + (path == std::string::npos ? request.url : request.url.substr(path));
    }

    // A copy of what to answer, so that no lock is held while callbacks run.
    [[nodiscard]] std::optional<Scripted> take(const sys::HttpRequest& request, sys::Deadline deadline) {
        const std::string line = line_of(request);
        const std::scoped_lock lock(mutex_);
        requests_.push_back({line, request, deadline});
        for (auto& scripted : script_) {
            if ((!scripted.used_ || scripted.always_) && scripted.matches(line)) {
                scripted.used_ = true;
                return scripted;
            }
        }
        ADD_FAILURE() << "nobody foresaw " << line;
        return std::nullopt;
    }

    [[nodiscard]] base::Result<sys::HttpResponse> perform(const sys::HttpRequest& request,
                                                          const std::function<bool(std::string_view)>& on_data,
                                                          const std::stop_token& stop, sys::Deadline deadline) {
        // Like the real one: who is stopped already does not get as far as the network.
        if (stop.stop_requested()) {
            return base::fail(base::ErrorCode::cancelled, "cancelled");
        }
        auto scripted = take(request, deadline);
        if (!scripted) {
            return base::fail(base::ErrorCode::bug, "unforeseen request");
        }
        if (scripted->when_asked_) {
            scripted->when_asked_(request);
        }
        auto& response = scripted->response_;
        auto pieces = std::move(scripted->chunks_);
        if (on_data && response.status >= 200 && response.status < 300) {
            if (!response.body.empty()) {
                pieces.push_back(std::exchange(response.body, {}));
            }
            for (const auto& piece : pieces) {
                if (!on_data(piece)) {
                    return response;
                }
            }
        } else {
            for (const auto& piece : pieces) {
                response.body += piece;
            }
        }
        if (scripted->stays_open_) {
            return wait_for(stop);
        }
        if (scripted->error_) {
            return std::unexpected(*std::move(scripted->error_));
        }
        return response;
    }

    [[nodiscard]] static base::Result<sys::HttpResponse> wait_for(const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any nothing;
        std::unique_lock lock(mutex);
        // The limit only turns a test that would hang into one that fails.
        nothing.wait_for(lock, stop, std::chrono::seconds(60), [] { return false; });
        if (!stop.stop_requested()) {
            ADD_FAILURE() << "a stream that stays open was never stopped";
        }
        return base::fail(base::ErrorCode::cancelled, "cancelled");
    }

    mutable std::mutex mutex_;
    std::deque<Scripted> script_;  // a deque: `on` hands out references
    std::vector<Request> requests_;
};

}  // namespace support
