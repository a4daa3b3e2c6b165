// How a call reaches the API server: authentication, retries, errors in words.
// Shared by the source files of this folder only.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "kube/client.hpp"
#include "sys/clock.hpp"
#include "sys/http.hpp"

namespace kube {

// A request to `path` (from "/api…"), without credentials: AuthenticatedHttp adds them.
[[nodiscard]] sys::HttpRequest request_to(const Connection& connection, const std::string& method,
                                          const std::string& path);

// Of objects, or of lists of them, nothing but the metadata: what they hold does not even travel.
inline constexpr const char* metadata_only =
    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json";
inline constexpr const char* list_of_metadata_only =
    "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
// The same request for this media type.
[[nodiscard]] sys::HttpRequest accepting(const char* media_type, sys::HttpRequest request);

[[nodiscard]] bool is_success(int status);

// Asks again after passing trouble, until the scope's deadline: for what may be asked twice.
[[nodiscard]] base::Result<sys::HttpResponse> ask(sys::Http& http, sys::Clock& clock, const sys::HttpRequest& request,
                                                  const std::string& what, const Scope& scope);

// The same, until an answer `counts`, whatever its status.
[[nodiscard]] base::Result<sys::HttpResponse> ask_until(sys::Http& http, sys::Clock& clock,
                                                        const sys::HttpRequest& request, const std::string& what,
                                                        const Scope& scope,
                                                        const std::function<bool(const sys::HttpResponse&)>& counts);

// One try: for what may have been done even if no answer came.
[[nodiscard]] base::Result<sys::HttpResponse> ask_once(sys::Http& http, const sys::HttpRequest& request,
                                                       const std::string& what, const Scope& scope);

[[nodiscard]] sys::HttpRequest with_body(sys::HttpRequest request, const char* media_type, std::string body);

// DeleteOptions for the object with just this UID, and this resource version unless that is empty.
// https://kubernetes.io/docs/reference/kubernetes-api/definitions/delete-options-v1-meta/
[[nodiscard]] nlohmann::json delete_options(const std::string& uid, const std::string& resource_version = {});

// An answer that is no 2xx, as an Error with the API's own words and a hint.
[[nodiscard]] base::Error to_error(const sys::HttpResponse& response, const std::string& what);

// Whether asking again may help: 429, 500, 502, 503, 504.
[[nodiscard]] bool is_passing(int status);

// How long the server asks us to wait before the next try ("Retry-After: 5", seconds), at
// most half a minute; zero when it does not ask.
// https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
[[nodiscard]] std::chrono::milliseconds retry_after(const sys::HttpResponse& response);

// RFC 3986: everything but unreserved characters becomes %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

// "/apis/apps/v1/namespaces/NS/statefulsets"
[[nodiscard]] std::string collection_path(Kind kind, const std::string& namespace_name);

// The pauses between tries: doubling from 100 ms to 5 s.
class Backoff {
public:
    std::chrono::milliseconds next() {
        const auto pause = pause_;
        pause_ = std::min<std::chrono::milliseconds>(pause_ * 2, std::chrono::seconds(5));
        return pause;
    }
    void reset() { pause_ = first; }

private:
    static constexpr std::chrono::milliseconds first{100};
    std::chrono::milliseconds pause_{first};
};

}  // namespace kube
