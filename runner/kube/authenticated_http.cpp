#include "kube/authenticated_http.hpp"

#include <utility>

#include "kube/transport.hpp"

namespace kube {
namespace {

constexpr const char* header_name = "Authorization";
constexpr int unauthorized = 401;
constexpr int forbidden = 403;
constexpr int too_many_requests = 429;

bool is_refusal(int status) {
    return status == unauthorized || status == forbidden;
}

}  // namespace

base::Error refusal_of(const sys::HttpResponse& response, const Credentials& credentials) {
    auto error = to_error(response, {});
    error.hint = credentials.hint();
    return error;
}

void authenticate(std::vector<std::pair<std::string, std::string>>& headers, std::shared_ptr<const sys::Tls>& tls,
                  const Credential& credential) {
    std::erase_if(headers, [](const auto& header) { return header.first == header_name; });
    if (!credential.authorization.empty()) {
        headers.emplace_back(header_name, credential.authorization);
    }
    tls = credential.tls;
}

Credential credential_of(const std::vector<std::pair<std::string, std::string>>& headers,
                         const std::shared_ptr<const sys::Tls>& tls) {
    Credential credential{.authorization = {}, .tls = tls};
    for (const auto& [name, value] : headers) {
        if (name == header_name) {
            credential.authorization = value;
        }
    }
    return credential;
}

base::Result<sys::HttpResponse> AuthenticatedHttp::perform(sys::HttpRequest request, const Attempt& attempt,
                                                           const Scope& scope) {
    for (bool may_renew = true;;) {
        TRY_ASSIGN(const auto credential, credentials_->current(scope));
        authenticate(request.headers, request.tls, credential);
        auto response = attempt(request);
        note(response);
        if (!response || !is_refusal(response->status)) {
            return response;
        }
        if (response->status == unauthorized && std::exchange(may_renew, false)) {
            TRY_ASSIGN(const bool has_another, credentials_->renew(credential, scope));
            if (has_another) {
                continue;
            }
        }
        if (!absence_->explains_refusal(scope.deadline, scope.stop)) {
            return response->status == unauthorized ? std::unexpected(refusal_of(*response, *credentials_))
                                                    : std::move(response);
        }
    }
}

void AuthenticatedHttp::note(const base::Result<sys::HttpResponse>& response) {
    if (response && is_success(response->status)) {
        absence_->let_in();
    } else if (response ? is_passing(response->status) && response->status != too_many_requests
                        : response.error().code != base::ErrorCode::cancelled) {
        absence_->no_answer();
    }
}

base::Result<sys::HttpResponse> AuthenticatedHttp::send(const sys::HttpRequest& request, std::stop_token stop,
                                                        sys::Deadline deadline) {
    return perform(request, [&](const auto& ready) { return http_.send(ready, stop, deadline); }, {stop, deadline});
}

base::Result<sys::HttpResponse> AuthenticatedHttp::stream(const sys::HttpRequest& request,
                                                          std::function<bool(std::string_view)> on_data,
                                                          std::stop_token stop, sys::Deadline deadline) {
    return perform(request, [&](const auto& ready) { return http_.stream(ready, on_data, stop, deadline); },
                   {stop, deadline});
}

}  // namespace kube
