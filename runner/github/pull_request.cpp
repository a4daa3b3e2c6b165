#include "github/pull_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "github/api.hpp"

namespace github {
namespace {

using base::ErrorCode;
using Json = nlohmann::json;

// GitHub allows 2,500 comments, which are 25 pages of 100.
constexpr int most_pages = 30;
// A comment is four deep; nothing that it holds is looked at below that.
constexpr int deepest = 32;

bool has_only(std::string_view text, std::string_view others) {
    return std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.contains(c);
    });
}

// https, or http to this machine (tests, a proxy of one's own): the token is sent there.
bool is_api(const std::string& url) {
    const std::string origin = origin_of(url);
    const bool is_here =
        std::ranges::any_of(std::array{"http://127.0.0.1", "http://localhost", "http://[::1]"},
                            [&](const std::string& here) { return origin == here || origin.starts_with(here + ":"); });
    return (is_here || (origin.starts_with("https://") && origin.size() > std::string_view("https://").size())) &&
           has_only(url, "-._~:/[]") && !url.contains("..");
}

bool is_repository(const std::string& name) {
    const auto parts = base::split(name, '/');
    return parts.size() == 2 && std::ranges::all_of(parts, [](const std::string& part) {
               return !part.empty() && part != "." && part != ".." && part.size() <= 100 && has_only(part, "-._");
           });
}

// Of "refs/pull/7/merge"; 0: it is something else.
std::uint64_t number_of(std::string_view ref) {
    constexpr std::string_view prefix = "refs/pull/";
    constexpr std::string_view suffix = "/merge";
    if (!ref.starts_with(prefix) || !ref.ends_with(suffix) || ref.size() <= prefix.size() + suffix.size()) {
        return 0;
    }
    const auto digits = ref.substr(prefix.size(), ref.size() - prefix.size() - suffix.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} && end == digits.data() + digits.size() && digits.front() != '0' ? number : 0;
}

// What is not there, or has another type, is empty.
std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::uint64_t> id_of(const Json& object) {
    const auto found = object.find("id");
    return found != object.end() && found->is_number_unsigned() ? std::optional(found->get<std::uint64_t>())
                                                                : std::nullopt;
}

base::Result<Json> parsed(const sys::HttpResponse& response, const std::string& what, Json::value_t type) {
    // Not what the parser says: it would quote the answer.
    const auto nonsense = base::fail(ErrorCode::protocol, what + ": GitHub's answer makes no sense",
                                     "check that GITHUB_API_URL is GitHub's, and that no proxy answers in its place");
    try {
        auto json = Json::parse(response.body, [](int depth, Json::parse_event_t, Json&) {
            if (depth > deepest) {
                throw std::runtime_error("nested too deeply");
            }
            return true;
        });
        if (json.type() != type) {
            return nonsense;
        }
        return json;
    } catch (const std::exception&) {
        return nonsense;
    }
}

// The address to show, unless it could be something else than one.
std::string shown_url(const Json& comment) {
    auto url = text_of(comment, "html_url");
    const bool is_address = (url.starts_with("https://") || url.starts_with("http://")) && url.size() <= 500;
    return is_address && has_only(url, "-._~:/[]#?=&%+") ? url : std::string();
}

// As GitHub may keep it.
std::string comparable(const std::string& body) {
    return base::trim(base::replace_all(body, "\r\n", "\n"));
}

bool begins_with_line(const std::string& body, const std::string& line) {
    return body.starts_with(line) &&
           (body.size() == line.size() || body[line.size()] == '\n' || body[line.size()] == '\r');
}

class Writer {
public:
    Writer(Api& api, const PullRequest& pull_request, const std::string& marker, const std::string& body)
        : api_(api),
          repository_(pull_request.api + "/repos/" + pull_request.repository),
          issue_(repository_ + "/issues/" + std::to_string(pull_request.number)),
          user_(pull_request.api + "/user"),
          name_("pull request " + std::to_string(pull_request.number)),
          marker_(marker),
          body_(body) {}

    base::Result<Comment> put() {
        Api::Pauses pauses;
        for (bool tried = false;; tried = true) {
            TRY_ASSIGN(auto written, update());
            if (written) {
                written->state = tried ? Comment::State::created : written->state;
                return *std::move(written);
            }
            auto created = create();
            if (created || !Api::is_passing(created.error())) {
                return created;
            }
            TRY(api_.wait(pauses.next(), std::move(created).error()));
        }
    }

private:
    // Into the first comment of ours that lets itself be written; none: there is no such comment.
    base::Result<std::optional<Comment>> update() {
        const std::string what = "reading the comments of " + name_;
        std::string url = issue_ + "/comments?per_page=100";
        for (int page = 0; page < most_pages; ++page) {
            TRY_ASSIGN(const auto response, api_.ask({.url = url, .what = what}));
            TRY_ASSIGN(const auto comments, parsed(response, what, Json::value_t::array));
            for (const auto& comment : comments) {
                TRY_ASSIGN(auto written, update_if_ours(comment));
                if (written) {
                    return written;
                }
            }
            url = next_page_of(response);
            if (url.empty()) {
                return std::nullopt;
            }
            // The token is for GitHub only.
            if (origin_of(url) != origin_of(issue_) || base::has_control_characters(url)) {
                return base::fail(ErrorCode::protocol, what + ": the answer names a next page at another server",
                                  "check that GITHUB_API_URL is GitHub's, and that no proxy answers in its place");
            }
        }
        return base::fail(ErrorCode::protocol, what + ": there are more pages than GitHub allows comments");
    }

    base::Result<std::optional<Comment>> update_if_ours(const Json& comment) {
        if (!comment.is_object() || !begins_with_line(text_of(comment, "body"), marker_)) {
            return std::nullopt;
        }
        const auto id = id_of(comment);
        const auto author = comment.find("user");  // null when that account is gone
        if (!id || author == comment.end() || !author->is_object()) {
            return std::nullopt;
        }
        TRY_ASSIGN(const bool is_ours, wrote_it(*author));
        if (!is_ours) {
            return std::nullopt;
        }
        if (comparable(text_of(comment, "body")) == comparable(body_)) {
            return Comment{.url = shown_url(comment), .state = Comment::State::unchanged};
        }
        return patch(*id);
    }

    base::Result<std::optional<Comment>> patch(std::uint64_t id) {
        const std::string what = "updating the comment in " + name_;
        const auto response = api_.ask({.method = "PATCH",
                                        .url = repository_ + "/issues/comments/" + std::to_string(id),
                                        .json = json_of_body(),
                                        .what = what});
        // Another app's, or deleted meanwhile. A token that can only read is found out when a new one is made.
        if (!response &&
            (response.error().code == ErrorCode::forbidden || response.error().code == ErrorCode::not_found)) {
            return std::nullopt;
        }
        return told(response, what, Comment::State::updated);
    }

    base::Result<Comment> create() {
        const std::string what = "writing a comment in " + name_;
        const auto response = api_.ask({.method = "POST",
                                        .url = issue_ + "/comments",
                                        .json = json_of_body(),
                                        .what = what,
                                        .repeat = Repeat::unsafe});
        return told(response, what, Comment::State::created);
    }

    static base::Result<Comment> told(const base::Result<sys::HttpResponse>& response, const std::string& what,
                                      Comment::State state) {
        if (!response) {
            return std::unexpected(response.error());
        }
        TRY_ASSIGN(const auto comment, parsed(*response, what, Json::value_t::object));
        return Comment{.url = shown_url(comment), .state = state};
    }

    // Whoever may write to a repository may edit everybody's comments there. In a comment of somebody else, our
    // plan would stand below his name, and he could change it afterwards: what its author is decides.
    base::Result<bool> wrote_it(const Json& author) {
        if (!who_we_are_) {
            TRY_ASSIGN(who_we_are_, ask_who_we_are());
        }
        return who_we_are_->user ? id_of(author) == who_we_are_->user : text_of(author, "type") == "Bot";
    }

    struct Self {
        std::optional<std::uint64_t> user;  // none: an app
    };

    // An app is nobody's user: this question is forbidden to it ("Resource not accessible by integration"), and
    // which app it is GitHub does not tell it. So any app's comment with our marker counts: nobody but an
    // app can have written or may own it. Should that be another one, which refuses, the next is tried.
    base::Result<Self> ask_who_we_are() {
        const std::string what = "asking whose the github-token is";
        const auto response = api_.ask({.url = user_, .what = what});
        if (!response &&
            (response.error().code == ErrorCode::forbidden || response.error().code == ErrorCode::not_found)) {
            return Self{};
        }
        if (!response) {
            return std::unexpected(response.error());
        }
        TRY_ASSIGN(const auto user, parsed(*response, what, Json::value_t::object));
        const auto id = id_of(user);
        if (!id) {
            return base::fail(ErrorCode::protocol, what + ": GitHub's answer names nobody");
        }
        return Self{.user = id};
    }

    std::string json_of_body() const {
        return Json{{"body", body_}}.dump(-1, ' ', false, Json::error_handler_t::replace);
    }

    Api& api_;
    std::string repository_;
    std::string issue_;
    std::string user_;
    std::string name_;
    const std::string& marker_;
    const std::string& body_;
    std::optional<Self> who_we_are_;  // asked only when it matters
};

}  // namespace

std::optional<PullRequest> pull_request_of(const Environment& environment) {
    if (environment("GITHUB_EVENT_NAME") != "pull_request") {
        return std::nullopt;
    }
    PullRequest found{.api = environment("GITHUB_API_URL").value_or(""),
                      .repository = environment("GITHUB_REPOSITORY").value_or(""),
                      .number = number_of(environment("GITHUB_REF").value_or(""))};
    while (found.api.ends_with('/')) {
        found.api.pop_back();
    }
    return is_api(found.api) && is_repository(found.repository) && found.number > 0 ? std::optional(std::move(found))
                                                                                    : std::nullopt;
}

base::Result<Comment> put_comment(sys::Http& http, sys::Clock& clock, const std::string& token,
                                  const PullRequest& pull_request, const std::string& marker, const std::string& body,
                                  const Scope& scope) {
    if (token.empty() || !std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; })) {
        return base::fail(ErrorCode::bad_input, token.empty() ? "there is no github-token" : "github-token is no token",
                          "give `github-token: ${{ github.token }}`");
    }
    if (!begins_with_line(body, marker)) {
        return base::fail(ErrorCode::bug, "the comment does not begin with its marker");
    }
    Api api(http, clock, token, scope);
    auto comment = Writer(api, pull_request, marker, body).put();
    if (!comment && (comment.error().code == ErrorCode::unauthorized || comment.error().code == ErrorCode::not_found)) {
        // To whoever calls all of these are one: the token may not.
        comment.error().code = ErrorCode::forbidden;
    }
    return comment;
}

}  // namespace github
