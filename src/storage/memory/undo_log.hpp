// Writes to containers that can be taken back, so that a transaction is all or nothing.
#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace holdfast {

/// Each write records first how it is undone, and no undoing allocates: running out of memory
/// halfway leaves nothing behind. Containers must be node-based (map, set).
class UndoLog {
 public:
  UndoLog() = default;
  UndoLog(const UndoLog&) = delete;
  UndoLog& operator=(const UndoLog&) = delete;
  ~UndoLog() {
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) (*step)->undo();
  }

  void commit() { steps_.clear(); }

  /// False when the container has the key already.
  template <class C>
  bool insert(C& container, typename C::value_type value) {
    auto& step = add<Insertion<C>>(container);
    const auto [at, fresh] = container.insert(std::move(value));
    if (fresh) step.at = at;
    return fresh;
  }

  template <class T>
  void assign(T& slot, T value) {
    add<Assignment<T>>(slot, std::move(value));
  }

  template <class C>
  void erase(C& container, const typename C::key_type& key) {
    auto& step = add<Erasure<C>>(container);  // first: it may find no memory
    step.node = container.extract(key);
  }

 private:
  struct Step {
    Step() = default;
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    virtual ~Step() = default;
    virtual void undo() noexcept = 0;
  };

  template <class C>
  struct Insertion final : Step {
    explicit Insertion(C& c) : container(c), at(c.end()) {}
    void undo() noexcept override {
      if (at != container.end()) container.erase(at);
    }
    C& container;
    typename C::iterator at;
  };

  template <class T>
  struct Assignment final : Step {
    Assignment(T& s, T value) : slot(s), other(std::move(value)) {}
    void start() noexcept { std::swap(slot, other); }
    void undo() noexcept override { std::swap(slot, other); }
    T& slot;
    T other;
  };

  template <class C>
  struct Erasure final : Step {
    explicit Erasure(C& c) : container(c) {}
    void undo() noexcept override { container.insert(std::move(node)); }  // empty: nothing
    C& container;
    typename C::node_type node{};
  };

  template <class S, class... Args>
  S& add(Args&&... args) {
    auto step = std::make_unique<S>(std::forward<Args>(args)...);
    S& made = *step;
    steps_.push_back(std::move(step));
    if constexpr (requires { made.start(); }) made.start();
    return made;
  }

  std::vector<std::unique_ptr<Step>> steps_{};
};

}  // namespace holdfast
