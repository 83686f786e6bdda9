#include "io/loop.hpp"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <vector>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace io {
namespace {

class EventfdMailbox final : public Mailbox {
 public:
  EventfdMailbox() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::system_category(), "eventfd");
  }
  ~EventfdMailbox() override { ::close(fd_); }
  EventfdMailbox(const EventfdMailbox&) = delete;
  EventfdMailbox& operator=(const EventfdMailbox&) = delete;

  void post(std::move_only_function<void()> work) override {
    {
      const std::lock_guard lock(mutex_);
      work_.push_back(std::move(work));
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
  }

  [[nodiscard]] int fd() const { return fd_; }

  /// Returns how many of them threw: each of them fails alone.
  std::uint64_t run_all() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(fd_, &count, sizeof count);
    std::vector<std::move_only_function<void()>> work;
    {
      const std::lock_guard lock(mutex_);
      work.swap(work_);
    }
    std::uint64_t failed = 0;
    for (auto& item : work) {
      try {
        item();
      } catch (...) {
        ++failed;
      }
    }
    return failed;
  }

 private:
  int fd_;
  std::mutex mutex_;
  std::vector<std::move_only_function<void()>> work_;
};

}  // namespace

Descriptor::Descriptor(Loop& loop, int fd) : loop_(loop), fd_(fd) {
  if (fd_ >= 0 && !loop_.watch(*this)) {
    ::close(fd_);
    fd_ = -1;
  }
}

Descriptor::~Descriptor() {
  if (fd_ < 0) return;
  loop_.forget(*this);
  ::close(fd_);
}

void Descriptor::happened(std::uint32_t events) {
  // An error or a hang-up makes reads and writes return at once, which is how they are noticed.
  const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if (broken || (events & EPOLLRDHUP) != 0) hung_up_ = true;
  if (broken || (events & (EPOLLIN | EPOLLRDHUP)) != 0) readable_ = true;
  if (broken || (events & EPOLLOUT) != 0) writable_ = true;

  // One wake-up an event: whoever is woken may destroy this descriptor. The reader learns of a
  // hang-up by reading; a watcher that is also reader here would be told once only.
  if (hung_up_ && watcher_ != nullptr) {
    watcher_->wake(Wake::departed);
  } else if (readable_ && reader_ != nullptr) {
    reader_->wake(Wake::ready);
  } else if (writable_ && writer_ != nullptr) {
    writer_->wake(Wake::ready);
  }
}

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), now_(base::Clock::now()), timers_(now_) {
  if (epoll_ < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
  auto mailbox = std::make_shared<EventfdMailbox>();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;  // the only registration without a Descriptor
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, mailbox->fd(), &event) != 0) {
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
  }
  mailbox_ = std::move(mailbox);
}

Loop::~Loop() {
  ::close(epoll_);
}

bool Loop::watch(Descriptor& descriptor) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &descriptor;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor.fd(), &event) == 0;
}

void Loop::forget(const Descriptor& descriptor) {
  // close() ends the epoll registration; events already fetched must go too.
  std::replace(batch_.begin(), batch_.begin() + batch_size_, const_cast<Descriptor*>(&descriptor),
               static_cast<Descriptor*>(nullptr));
}

void Loop::post(std::move_only_function<void()> work) {
  mailbox_->post(std::move(work));
}

void Loop::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  post([] {});
}

/// Owns itself, ends with the task.
struct Loop::Spawned {
  struct promise_type {
    promise_type(Loop& owner, Task<void>& /*task*/) : loop(owner) {
      place = loop.spawned_.insert(loop.spawned_.end(),
                                   std::coroutine_handle<promise_type>::from_promise(*this));
    }
    promise_type(const promise_type&) = delete;
    promise_type& operator=(const promise_type&) = delete;
    ~promise_type() { loop.spawned_.erase(place); }

    Spawned get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept {}

    Loop& loop;
    std::list<std::coroutine_handle<>>::iterator place;
  };

  static Spawned run(Loop& loop, Task<void> task) {
    try {
      co_await std::move(task);
    } catch (...) {
      // Only allocation failure gets here: the one request ends, its RAII values have let go.
      ++loop.failures_;
    }
  }
};

void Loop::spawn(Task<void> task) {
  Spawned::run(*this, std::move(task));
}

int Loop::timeout_ms() const {
  if (!yielded_.empty()) return 0;
  const base::Instant next = timers_.next();
  if (next == base::kNever) return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now_);
  return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 60'000));
}

void Loop::run() {
  now_ = base::Clock::now();
  while (!stopping_.load(std::memory_order_relaxed))
    wait_and_dispatch();
  while (!spawned_.empty())
    spawned_.front().destroy();  // its promise leaves the list
}

void Loop::resume_yielded() {
  // Only those that wait now: whoever yields again waits for the next round.
  for (const auto& awaiting : std::exchange(yielded_, {})) {
    begin_share();
    awaiting.resume();
  }
}

void Loop::wait_and_dispatch() {
  std::array<epoll_event, kBatch> events;
  const int count = ::epoll_wait(epoll_, events.data(), kBatch, timeout_ms());
  now_ = base::Clock::now();
  if (count < 0) return;  // EINTR

  bool mail = false;
  for (int i = 0; i < count; ++i) {
    batch_[static_cast<std::size_t>(i)] =
        static_cast<Descriptor*>(events[static_cast<std::size_t>(i)].data.ptr);
    mail = mail || batch_[static_cast<std::size_t>(i)] == nullptr;
  }
  batch_size_ = count;
  for (int i = 0; i < count; ++i) {
    // Read again each time: an earlier event may have destroyed this descriptor.
    Descriptor* const descriptor = batch_[static_cast<std::size_t>(i)];
    begin_share();
    if (descriptor != nullptr) descriptor->happened(events[static_cast<std::size_t>(i)].events);
  }
  batch_size_ = 0;
  resume_yielded();
  if (mail) failures_ += static_cast<EventfdMailbox&>(*mailbox_).run_all();
  timers_.advance(now_);
}

}  // namespace io
