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

constexpr int watch_seconds = 300;                               // the server ends the watch then; it is begun anew
constexpr std::chrono::seconds list_limit{10};                   // then the trouble is told, and it is tried again
constexpr std::chrono::seconds watch_limit{watch_seconds + 30};  // a server that does not end it is lost
constexpr std::size_t longest_line = std::size_t{8} << 20U;

// Why a stream has ended.
enum class End {
    by_itself,
    expired,  // the version is too old to watch from
    broken,   // the server says that something went wrong
    failed,   // what it sends makes no sense
};

base::Error make_error(ErrorCode code, std::string message) {
    return {.code = code, .message = std::move(message), .context = {}, .hint = {}, .command = {}};
}

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
            return finish(End::failed, make_error(ErrorCode::protocol, "a watch event is longer than 8 MiB"));
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
            return finish(End::failed, std::move(decoded).error());
        }
        switch (decoded->type) {
            case WatchLine::Type::upserted:
            case WatchLine::Type::deleted:
                received_ = true;
                resource_version_ = decoded->resource_version;
                on_change_(
                    {.type = decoded->type == WatchLine::Type::deleted ? ChangeType::deleted : ChangeType::upserted,
                     .kind = kind_,
                     .listed = {},
                     .object = std::move(decoded->object)});
                return true;
            case WatchLine::Type::bookmark:
                received_ = true;
                resource_version_ = decoded->resource_version;
                return true;
            case WatchLine::Type::gone: return finish(End::expired, {});
            case WatchLine::Type::error:
                return finish(End::broken, make_error(ErrorCode::unreachable,
                                                      "the API server broke the watch off: " + decoded->message));
        }
        return true;
    }

    bool finish(End end, base::Error error) {
        end_ = end;
        error_ = std::move(error);
        return false;
    }

    Kind kind_;
    const std::function<void(Change)>& on_change_;
    std::string& resource_version_;
    std::string rest_;
    End end_ = End::by_itself;
    bool received_ = false;
    base::Error error_;
};

bool passes(const base::Error& error) {
    return error.code == ErrorCode::unreachable || error.code == ErrorCode::timed_out || error.code == ErrorCode::io ||
           error.code == ErrorCode::gone;
}

// How one watch went, when it did not just end.
struct Outcome {
    bool list_anew = false;            // what was seen so far is no base to go on from
    bool failed = false;               // it will not get better
    std::vector<base::Error> error;    // none or one; after it, too, is listed anew
    std::chrono::milliseconds wait{};  // at least this long before the next try
};

Outcome outcome_of(const Lines& lines, const base::Result<sys::HttpResponse>& response, const std::string& what) {
    switch (lines.end()) {
        case End::failed: return {.failed = true, .error = {base::in_context(lines.error(), what)}};
        case End::broken: return {.error = {base::in_context(lines.error(), what)}};
        case End::expired: return {.list_anew = true};
        case End::by_itself: break;
    }
    if (!response) {
        // What has no context yet: that credentials are refused, or cannot be had.
        const auto& error = response.error();
        const bool is_login = error.code == ErrorCode::unauthorized;
        return {.failed = !passes(error), .error = {is_login ? base::in_context(error, what) : error}};
    }
    if (response->status >= 200 && response->status < 300) {
        return {};
    }
    auto error = to_error(*response, what);
    if (error.code == ErrorCode::gone) {
        return {.list_anew = true};
    }
    return {.failed = !passes(error), .error = {std::move(error)}, .wait = retry_after(*response)};
}

}  // namespace

base::Result<void> Client::watch(Kind kind, const std::string& namespace_name,
                                 const std::function<void(Change)>& on_change,
                                 const std::function<void(std::string)>& on_trouble, const Scope& scope) const {
    const std::string path = collection_path(kind, namespace_name);
    std::string resource_version;
    Backoff backoff;
    // Waits before the next try; false: there is no time for one.
    const auto pause = [&](const base::Error& error, std::chrono::milliseconds at_least) {
        on_trouble("the watch is interrupted and goes on by itself: " + error.text());
        const auto again = clock_.now() + std::max(backoff.next(), at_least);
        if (again >= scope.deadline) {
            return false;
        }
        clock_.sleep_until(again, scope.stop);
        return true;
    };
    while (!scope.stop.stop_requested()) {
        if (resource_version.empty()) {
            auto listed =
                list(kind, namespace_name, "", {scope.stop, std::min(scope.deadline, clock_.now() + list_limit)});
            if (scope.stop.stop_requested()) {
                break;
            }
            if (!listed) {
                if (!passes(listed.error()) || !pause(listed.error(), {})) {
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
        const auto response = http_.stream(
            request, [&](std::string_view data) { return lines.feed(data); }, scope.stop,
            std::min(scope.deadline, clock_.now() + watch_limit));
        if (scope.stop.stop_requested()) {
            break;
        }
        if (lines.received()) {
            backoff.reset();
        }
        const auto outcome = outcome_of(lines, response, "watching " + path);
        if (outcome.list_anew || !outcome.error.empty()) {
            resource_version.clear();
        }
        for (const auto& error : outcome.error) {
            if (outcome.failed || !pause(error, outcome.wait)) {
                return std::unexpected(error);
            }
        }
        if (outcome.error.empty() && !lines.received()) {
            // Watches that end at once, again and again, must not become a busy loop.
            clock_.sleep_until(clock_.now() + backoff.next(), scope.stop);
        }
    }
    return {};
}

}  // namespace kube
