// One stop for whoever has to heed two.
#pragma once

#include <stop_token>

namespace sys {

// Requested as soon as one of the two is, also when one was before. The token stays good when this is gone, but
// hears of nothing any more.
class EitherStop {
public:
    EitherStop(const std::stop_token& one, const std::stop_token& other)
        : on_one_(one, Request{source_}), on_other_(other, Request{source_}) {}
    EitherStop(const EitherStop&) = delete;
    EitherStop& operator=(const EitherStop&) = delete;
    ~EitherStop() = default;

    [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

private:
    struct Request {
        std::stop_source source;
        void operator()() { source.request_stop(); }
    };
    std::stop_source source_;
    std::stop_callback<Request> on_one_;
    std::stop_callback<Request> on_other_;
};

}  // namespace sys
