#include "diagnose/last_words.hpp"

#include "diagnose/log_lines.hpp"
#include "diagnose/log_rules.hpp"

namespace diagnose {

std::optional<LastWords> last_words(std::string_view log) {
    const auto lines = log_lines(log);
    const auto* telling = telling_line(lines);
    if (telling == nullptr) {
        return std::nullopt;
    }
    LastWords words{.line = telling->message, .meaning = {}, .advice = {}, .certain = true};
    if (const auto meaning = meaning_of(*telling)) {
        words.meaning = meaning->what;
        words.advice = meaning->advice;
        words.certain = meaning->certain;
    }
    return words;
}

}  // namespace diagnose
