// LIST, then WATCH, again and again until stopped.
#include <algorithm>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "kube/client.hpp"
#include "kube/decode.hpp"
#include "kube/transport.hpp"

namespace kube {
namespace {

using base::ErrorCode;

constexpr int watch_seconds = 300;              // the server ends the watch then; it is begun anew
constexpr std::chrono::seconds list_limit{10};  // then the trouble is told, and it is tried again
constexpr std::size_t longest_line = std::size_t{8} << 20U;

enum class End { again, list_anew, failed };

// Cuts the stream into lines and hands each object on. Decoding happens on the HTTP
// thread: an object costs tens of microseconds, and order is kept without a queue.
class Lines {
public:
    Lines(Kind kind, const std::function<void(Change)>& on_change, std::string& resource_version)
        : kind_(kind), on_change_(on_change), resource_version_(resource_version) {}

    // False ends the stream.
    bool feed(std::string_view data) {
        rest_.append(data);
        std::size_t begin = 0;
        for (auto end = rest_.find('\n', begin); end != std::string::npos; end = rest_.find('\n', begin)) {
            if (!line(std::string_view(rest_).substr(begin, end - begin))) {
                return false;
            }
            begin = end + 1;
        }
        rest_.erase(0, begin);
        if (rest_.size() > longest_line) {
            error_ = {.code = ErrorCode::protocol,
                      .message = "a watch event is longer than 8 MiB",
                      .context = {},
                      .hint = {},
                      .command = {}};
            end_ = End::failed;
            return false;
        }
        return true;
    }

    [[nodiscard]] End end() const { return end_; }
    [[nodiscard]] const base::Error& error() const { return error_; }
    [[nodiscard]] bool received() const { return received_; }

private:
    bool line(std::string_view text) {
        if (text.empty()) {
            return true;
        }
        auto decoded = decode_watch_line(kind_, text);
        if (!decoded) {
            error_ = std::move(decoded).error();
            end_ = End::failed;
            return false;
        }
        received_ = true;
        switch (decoded->type) {
            case WatchLine::Type::upserted:
            case WatchLine::Type::deleted:
                resource_version_ = decoded->resource_version;
                on_change_(
                    {.type = decoded->type == WatchLine::Type::deleted ? ChangeType::deleted : ChangeType::upserted,
                     .kind = kind_,
                     .listed = {},
                     .object = std::move(decoded->object)});
                return true;
            case WatchLine::Type::bookmark: resource_version_ = decoded->resource_version; return true;
            case WatchLine::Type::gone: end_ = End::list_anew; return false;
            case WatchLine::Type::error: end_ = End::again; return false;
        }
        return true;
    }

    Kind kind_;
    const std::function<void(Change)>& on_change_;
    std::string& resource_version_;
    std::string rest_;
    End end_ = End::again;
    bool received_ = false;
    base::Error error_;
};

bool passes(const base::Error& error) {
    return error.code == ErrorCode::unreachable || error.code == ErrorCode::timed_out || error.code == ErrorCode::io;
}

}  // namespace

base::Result<void> Client::watch(Kind kind, const std::string& namespace_name,
                                 const std::function<void(Change)>& on_change,
                                 const std::function<void(std::string)>& on_trouble, const Scope& scope) const {
    const std::string path = collection_path(kind, namespace_name);
    std::string resource_version;
    std::string told;
    Backoff backoff;
    // Waits before the next try; false: it is over.
    const auto pause = [&](const base::Error& error) {
        if (error.text() != told) {
            told = error.text();
            on_trouble("the watch is interrupted and goes on by itself: " + told);
        }
        const auto again = clock_.now() + backoff.next();
        return again < scope.deadline && !clock_.sleep_until(again, scope.stop);
    };
    while (!scope.stop.stop_requested()) {
        if (resource_version.empty()) {
            auto listed =
                list(kind, namespace_name, "", {scope.stop, std::min(scope.deadline, clock_.now() + list_limit)});
            if (!listed && !passes(listed.error())) {
                return std::unexpected(std::move(listed).error());
            }
            if (!listed) {
                if (!pause(listed.error())) {
                    return std::unexpected(std::move(listed).error());
                }
                continue;
            }
            resource_version = listed->resource_version;
            on_change({.type = ChangeType::synced, .kind = kind, .listed = std::move(listed->items), .object = {}});
        }
        Lines lines(kind, on_change, resource_version);
        const auto request =
            request_to(connection_, "GET",
                       path + "?watch=true&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(watch_seconds) +
                           "&resourceVersion=" + percent_encoded(resource_version));
        auto response =
            http_.stream(request, [&](std::string_view data) { return lines.feed(data); }, scope.stop, scope.deadline);
        if (scope.stop.stop_requested()) {
            break;
        }
        if (lines.end() == End::failed) {
            return std::unexpected(base::in_context(lines.error(), "watching " + path));
        }
        if (lines.received()) {
            backoff.reset();
            told.clear();
        }
        const bool refused = response && (response->status < 200 || response->status > 299);
        auto error =
            !response ? std::move(response).error()
            : refused
                ? to_error(*response, "watching " + path)
                : base::Error{.code = ErrorCode::unreachable, .message = {}, .context = {}, .hint = {}, .command = {}};
        if (lines.end() == End::list_anew || error.code == ErrorCode::gone) {
            resource_version.clear();
            continue;
        }
        if (!error.message.empty()) {
            if (!passes(error)) {
                return std::unexpected(std::move(error));
            }
            if (!pause(error)) {
                return std::unexpected(std::move(error));
            }
        } else if (!lines.received()) {
            // A watch that ends at once again and again must not become a busy loop.
            clock_.sleep_until(clock_.now() + backoff.next(), scope.stop);
        }
    }
    return {};
}

}  // namespace kube
