#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "llm/backend_kind.hpp"
#include "llm/model_details.hpp"

namespace llm {

/// A question that costs the backend nothing: GET on a path that one kind or another answers.
enum class Probe : std::uint8_t {
  root,
  version,
  is_sleeping,
  server_info,
  old_server_info,
  props,
  ollama_version,
  ollama_loaded,
  lm_studio_models,
  info,
};

/// The path, below the backend's own without the version.
std::string_view path_of(Probe probe);

/// What is known of a backend besides its list.
struct Recognised {
  BackendKind kind = BackendKind::openai;
  bool certain = false;              ///< false: some probe got no answer that could have said more
  std::string version;               ///< of the program; empty if it doesn't tell
  ModelDetails all;                  ///< of every model it serves
  DetailsByModel models;             ///< of one each, by the backend's id
  bool others_unloaded = false;      ///< what `models` doesn't name isn't loaded
  std::optional<Probe> tells_state;  ///< what to ask again for the models' state

  /// All that is known of a model that the backend lists.
  [[nodiscard]] ModelDetails details(const ListedModel& model) const;
};

/// What is known of a backend before the first question.
struct Subject {
  std::optional<BackendKind> configured;  ///< it is that; only what this kind needs is asked
  std::string_view host;
  std::span<const ListedModel> models;  ///< its list; empty if there is none
  bool may_probe = false;               ///< its address is private: a public one is asked nothing
};

/// Finds out a backend's kind by asking one question after the other, few of them and none where
/// the answer is known. What comes back is a stranger's: whatever it is, it is harmless.
///
///   Recognition recognition(subject);
///   while (const auto probe = recognition.next()) … recognition.on_answer(status, body);
///   recognition.take();
///
/// Pure. Holds nothing of the subject beyond the constructor.
class Recognition {
 public:
  explicit Recognition(const Subject& subject);
  /// Asks again for what changes, the state of models, and keeps all the rest.
  Recognition(Recognised known, bool may_probe);

  /// What to ask now; nullopt once everything is known that can be.
  [[nodiscard]] std::optional<Probe> next() const;
  /// The answer to next().
  void on_answer(int status, std::string_view body);
  /// There was none, or none that ends.
  void on_silence();

  [[nodiscard]] Recognised take() && { return std::move(result_); }

 private:
  void ask(Probe probe);
  void ask_for_details();
  void decide(BackendKind kind);
  /// The probe just asked didn't say what the backend is.
  void look_further(Probe probe);
  /// False if the body isn't what the probe's kind answers.
  bool read(Probe probe, std::string_view body);
  bool read_root(std::string_view body);
  bool read_server_info(std::string_view body);
  bool read_props(std::string_view body);
  bool read_lm_studio(std::string_view body);
  bool read_info(std::string_view body);
  bool read_loaded(std::string_view body);
  void note_state(Probe probe, const ModelDetails& all);

  Recognised result_;
  std::vector<Probe> asks_;          // next() is the first
  std::uint32_t asked_ = 0;          // a bit for each probe
  std::optional<BackendKind> hint_;  // what the list says
  bool has_list_ = false;
  bool decided_ = false;
};

}  // namespace llm
