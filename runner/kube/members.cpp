// What replacing the members of a StatefulSet takes: pods that go, and a strategy that
// leaves that to us.
#include <string>

#include "kube/client.hpp"
#include "kube/decode.hpp"
#include "kube/json.hpp"
#include "kube/transport.hpp"
#include "model/timestamp.hpp"

namespace kube {
namespace {

using base::ErrorCode;

constexpr std::chrono::seconds call_limit{10};

std::string path_of_set(const std::string& namespace_name, const std::string& name) {
    return collection_path(Kind::stateful_set, namespace_name) + "/" + percent_encoded(name);
}
constexpr const char* as_ours = "?fieldManager=etcd-deploy";

// Seconds that a Status asks for in its details; zero when it does not.
std::chrono::milliseconds asked_pause(const sys::HttpResponse& response) {
    constexpr std::int64_t longest = 60;
    const auto seconds = json::guarded("a Status", [&] {
        return json::integer<std::int64_t>(json::object(json::parse(response.body), "details"), "retryAfterSeconds");
    });
    const auto told =
        seconds && *seconds > 0 ? std::chrono::seconds(std::min(*seconds, longest)) : std::chrono::seconds(0);
    return std::max<std::chrono::milliseconds>(told, retry_after(response));
}

base::Result<Departure> outcome_of(base::Result<sys::HttpResponse> response, const std::string& what) {
    using Kind = Departure::Kind;
    if (!response) {
        const auto code = response.error().code;
        if (code == ErrorCode::unreachable || code == ErrorCode::timed_out) {
            return Departure{.kind = Kind::refused, .retry_after = {}, .reason = response.error().text()};
        }
        return std::unexpected(base::in_context(std::move(response).error(), what));
    }
    if (is_success(response->status)) {
        return Departure{};
    }
    auto error = to_error(*response, what);
    // 409: another UID. (A budget's own conflicts are asked about again all the same.)
    if (response->status == 404 || response->status == 409) {
        return Departure{.kind = Kind::gone, .retry_after = {}, .reason = error.message};
    }
    if (is_passing(response->status)) {
        return Departure{.kind = Kind::refused, .retry_after = asked_pause(*response), .reason = error.message};
    }
    return std::unexpected(std::move(error));
}

}  // namespace

base::Result<Departure> Client::evict_pod(const std::string& namespace_name, const std::string& name,
                                          const std::string& uid, const Scope& scope) const {
    const auto path = collection_path(Kind::pod, namespace_name) + "/" + percent_encoded(name) + "/eviction";
    const json::Value body{{"apiVersion", "policy/v1"},
                           {"kind", "Eviction"},
                           {"metadata", {{"name", name}, {"namespace", namespace_name}}},
                           {"deleteOptions", delete_options(uid)}};
    const auto limit = std::min(scope.deadline, clock_.now() + call_limit);
    return outcome_of(http_.send(with_body(request_to(connection_, "POST", path), "application/json", body.dump()),
                                 scope.stop, limit),
                      "evicting pod " + name);
}

base::Result<Departure> Client::delete_pod(const std::string& namespace_name, const std::string& name,
                                           const std::string& uid, const Scope& scope) const {
    const auto path = collection_path(Kind::pod, namespace_name) + "/" + percent_encoded(name);
    const auto limit = std::min(scope.deadline, clock_.now() + call_limit);
    return outcome_of(
        http_.send(with_body(request_to(connection_, "DELETE", path), "application/json", delete_options(uid).dump()),
                   scope.stop, limit),
        "deleting pod " + name);
}

base::Result<void> Client::drop_rolling_update(const std::string& namespace_name, const std::string& name,
                                               const std::string& uid, const Scope& scope) const {
    const std::string path = path_of_set(namespace_name, name);
    const std::string what = "preparing StatefulSet " + name + " for OnDelete";
    TRY_ASSIGN(const auto read, ask(http_, clock_, request_to(connection_, "GET", path), what, scope));
    TRY_ASSIGN(const auto patch, json::guarded("the StatefulSet", [&] {
                   const auto set = json::parse(read.body);
                   const auto& strategy = json::object(json::object(set, "spec"), "updateStrategy");
                   const auto& rolling = json::object(strategy, "rollingUpdate");
                   if (!rolling.is_object() || json::integer(rolling, "partition") != 0) {
                       return json::Value();
                   }
                   return json::Value::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", uid}},
                                              {{"op", "test"}, {"path", "/spec/updateStrategy"}, {"value", strategy}},
                                              {{"op", "remove"}, {"path", "/spec/updateStrategy/rollingUpdate"}}});
               }));
    if (patch.is_null()) {
        return {};
    }
    const auto request =
        with_body(request_to(connection_, "PATCH", path + as_ours), "application/json-patch+json", patch.dump());
    // Asked once: a second time its tests would fail on what the first has done.
    auto response = http_.send(request, scope.stop, std::min(scope.deadline, clock_.now() + call_limit));
    if (!response) {
        return std::unexpected(base::in_context(std::move(response).error(), what));
    }
    if (response->status == 422) {  // a test failed
        return base::fail(ErrorCode::conflict, "StatefulSet " + name + " has just been changed by somebody else",
                          "see who works on it, then run it again");
    }
    if (!is_success(response->status)) {
        return std::unexpected(to_error(*response, what));
    }
    return {};
}

base::Result<void> Client::wake_controller(const std::string& namespace_name, const std::string& name,
                                           const std::string& uid, const Scope& scope) const {
    const auto now = std::chrono::floor<std::chrono::microseconds>(clock_.wall());
    const json::Value patch{
        {"metadata", {{"uid", uid}, {"annotations", {{"etcd-deploy/tried-again", model::precise_utc_text(now)}}}}}};
    const auto path = path_of_set(namespace_name, name) + as_ours;
    TRY(ask(http_, clock_,
            with_body(request_to(connection_, "PATCH", path), "application/merge-patch+json", patch.dump()),
            "waking the controller of StatefulSet " + name, scope));
    return {};
}

}  // namespace kube
