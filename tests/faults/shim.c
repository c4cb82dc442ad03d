// A preloaded shim between the real engine and its disk and clock: it records every change to the files
// below one folder, makes the disk slow, full or broken when told, and shifts the wall clock. Linux, glibc.
//
//   VARDE_SHIM_DIR      only files below this folder are touched (absolute path, no links in it)
//   VARDE_SHIM_TRACE    where to record; empty or unset: nothing is recorded
//   VARDE_SHIM_CONTROL  a file of at least sizeof(struct control) bytes, mapped and obeyed while running
//
// Trace record, little-endian: u8 op, u64 wall ns, u16 path length, path, u64 offset, u32 length, data.
//   'c' create  'w' write (data)  'z' write of zeros (no data)  't' truncate (offset = new size)
//   's' sync begins  'S' sync done  'd' folder sync begins  'D' folder sync done
//   'r' rename (data = new path)  'u' unlink
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct control {
  volatile uint32_t sync_delay_ms;  // every sync takes this much longer
  volatile uint32_t full;           // 1: creating a file, or writing past a file's end, fails with ENOSPC
  volatile uint32_t skip_sync;      // 1: a sync says yes and does nothing (the control that must lose)
  volatile uint32_t fail_write_at;  // n-th write from now fails with EIO, and all after it; 0: none
  volatile uint32_t fail_sync_at;   // n-th sync from now fails with EIO, and all after it; 0: none
  volatile uint32_t writes, syncs;  // counted since the start
  volatile uint32_t fail_read_at;   // n-th read from now fails with EIO; 0: none
  volatile uint32_t failed;         // how many calls were made to fail
  volatile uint32_t full_at;        // n-th file made or grown from now fails with ENOSPC, and all after it; 0: none
  volatile uint32_t once;           // 1: of the n-th ... and all after it, only the n-th
  volatile uint32_t grown;          // files made or grown since the start
  volatile uint32_t reads;          // counted since the start
  volatile uint32_t spare[3];
  volatile int64_t clock_shift;     // nanoseconds the wall clock is ahead of the truth
  volatile int64_t clock_stopped;   // the wall clock stands still here, in nanoseconds since 1970; 0: it goes
  char only[64];                    // of files with this in their path below the folder; empty: of all
};

enum { FDS = 4096 };
static struct control none, *control = &none;
static char folder[PATH_MAX], *paths[FDS];
static int is_folder[FDS], trace = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

__attribute__((constructor)) static void start(void) {
  const char *dir = getenv("VARDE_SHIM_DIR"), *to = getenv("VARDE_SHIM_TRACE"), *ctl = getenv("VARDE_SHIM_CONTROL");
  if (!dir || !*dir) return;
  snprintf(folder, sizeof folder, "%s", dir);
  if (to && *to) trace = open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (ctl && *ctl) {
    int fd = open(ctl, O_RDWR | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED : mmap(0, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED) control = at;
  }
}

static int ours(const char *path) {
  size_t n = strlen(folder);
  return n && !strncmp(path, folder, n) && (path[n] == '/' || !path[n]);
}

static int true_time(clockid_t id, struct timespec *t) {
  REAL(int, "clock_gettime", clockid_t, struct timespec *);
  return real(id, t);
}

static uint64_t now(void) {
  struct timespec t;
  true_time(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int clock_gettime(clockid_t id, struct timespec *t) {
  int done = true_time(id, t);
  if (done || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) return done;
  int64_t shift = control->clock_shift, stopped = control->clock_stopped;
  if (shift || stopped) {
    int64_t at = stopped ? stopped : (int64_t)t->tv_sec * 1000000000 + t->tv_nsec + shift;
    t->tv_sec = at / 1000000000, t->tv_nsec = at % 1000000000;
  }
  return 0;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone) {
  (void)zone;
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  to->tv_sec = t.tv_sec, to->tv_usec = t.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *to) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  if (to) *to = t.tv_sec;
  return t.tv_sec;
}

static void put(const void *bytes, size_t length) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  for (const char *at = bytes; length;) {
    ssize_t n = real(trace, at, length);
    if (n <= 0) { fprintf(stderr, "shim: cannot write the trace\n"); abort(); }
    at += n, length -= (size_t)n;
  }
}

static void record(char op, const char *path, uint64_t offset, const void *data, uint32_t length) {
  if (trace < 0) return;
  if (!strncmp(path, folder, strlen(folder))) path += strlen(folder);
  uint64_t at = now();
  uint16_t n = (uint16_t)strlen(path);
  char head[1 + 8 + 2 + PATH_MAX + 8 + 4], *to = head;
  *to++ = op;
  memcpy(to, &at, 8), to += 8;
  memcpy(to, &n, 2), to += 2;
  memcpy(to, path, n), to += n;
  memcpy(to, &offset, 8), to += 8;
  memcpy(to, &length, 4), to += 4;
  pthread_mutex_lock(&lock);
  put(head, (size_t)(to - head));
  if (data && op != 'z') put(data, length);
  pthread_mutex_unlock(&lock);
}

static const char *of(int fd) { return fd >= 0 && fd < FDS ? paths[fd] : 0; }

// Whether faults are meant for this file.
static int meant(const char *path) {
  return !control->only[0] || strstr(path + strlen(folder), control->only);
}

static int fails(const char *path, volatile uint32_t *countdown, int with) {
  if (!meant(path)) return 0;
  uint32_t n = __atomic_load_n(countdown, __ATOMIC_SEQ_CST);
  do {
    if (!n) return 0;
  } while (!__atomic_compare_exchange_n(countdown, &n, n > 1 ? n - 1 : control->once ? 0 : 1, 0, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST));
  if (n > 1) return 0;
  __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
  errno = with;
  return 1;
}

// Making or growing a file: 1 when there is no room, with errno set.
static int no_room(const char *path) {
  if (!meant(path)) return 0;
  __atomic_add_fetch(&control->grown, 1, __ATOMIC_SEQ_CST);
  if (fails(path, &control->full_at, ENOSPC)) return 1;
  if (!control->full) return 0;
  __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
  errno = ENOSPC;
  return 1;
}

static int opened(int fd, const char *path, int flags, int existed) {
  if (fd < 0 || fd >= FDS) return fd;
  free(paths[fd]);
  paths[fd] = strdup(path);
  struct stat about;
  is_folder[fd] = !fstat(fd, &about) && S_ISDIR(about.st_mode);
  if (!existed && (flags & O_CREAT)) record('c', path, 0, 0, 0);
  else if (flags & O_TRUNC) record('t', path, 0, 0, 0);
  return fd;
}

static int open_path(int (*real)(int, const char *, int, ...), int at, const char *path, int flags, mode_t mode) {
  char whole[2 * PATH_MAX], cwd[PATH_MAX];
  if (path[0] == '/') cwd[0] = 0;
  else if (at != AT_FDCWD && of(at)) snprintf(cwd, sizeof cwd, "%s", of(at));
  else if (at != AT_FDCWD || !getcwd(cwd, sizeof cwd)) return real(at, path, flags, mode);
  snprintf(whole, sizeof whole, "%s%s%.*s", cwd, *cwd ? "/" : "", PATH_MAX - 1, path);
  if (!ours(whole)) return real(at, path, flags, mode);
  int existed = !access(whole, F_OK);
  if ((flags & O_CREAT) && !existed && no_room(whole)) return -1;
  return opened(real(at, path, flags, mode), whole, flags, existed);
}

#define OPENAT(name) \
  int name(int at, const char *path, int flags, ...) { \
    static int (*real)(int, const char *, int, ...); \
    if (!real) real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat64"); \
    va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more); \
    return open_path(real, at, path, flags, mode); \
  }
#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    static int (*real)(int, const char *, int, ...); \
    if (!real) real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat64"); \
    va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more); \
    return open_path(real, AT_FDCWD, path, flags, mode); \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
  REAL(int, "close", int);
  if (of(fd)) { free(paths[fd]); paths[fd] = 0; }
  return real(fd);
}

static int all_zero(const char *data, size_t length) {
  return !length || (!data[0] && !memcmp(data, data + 1, length - 1));
}

// What must be true before a write may reach the disk.
static int may_write(int fd, size_t length, off_t offset) {
  __atomic_add_fetch(&control->writes, 1, __ATOMIC_SEQ_CST);
  if (fails(of(fd), &control->fail_write_at, EIO)) return 0;
  struct stat about;
  int grows = !fstat(fd, &about) && offset + (off_t)length > about.st_size;
  return !grows || !no_room(of(fd));
}

static void wrote(int fd, const void *data, size_t length, off_t offset) {
  record(all_zero(data, length) ? 'z' : 'w', of(fd), (uint64_t)offset, data, (uint32_t)length);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
  if (!of(fd)) return real(fd, data, length, offset);
  if (!may_write(fd, length, offset)) return -1;
  wrote(fd, data, length, offset);
  return real(fd, data, length, offset);
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }

ssize_t write(int fd, const void *data, size_t length) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (!of(fd)) return real(fd, data, length);
  int flags = fcntl(fd, F_GETFL);
  struct stat about;
  off_t at = (flags & O_APPEND) && !fstat(fd, &about) ? about.st_size : lseek(fd, 0, SEEK_CUR);
  if (!may_write(fd, length, at)) return -1;
  wrote(fd, data, length, at);
  return real(fd, data, length);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  if (!of(fd)) return real(fd, parts, count);
  return count ? write(fd, parts[0].iov_base, parts[0].iov_len) : 0;
}

static int may_read(int fd) {
  if (is_folder[fd]) return 1;
  __atomic_add_fetch(&control->reads, 1, __ATOMIC_SEQ_CST);
  return !fails(of(fd), &control->fail_read_at, EIO);
}

ssize_t pread64(int fd, void *data, size_t length, off_t offset) {
  REAL(ssize_t, "pread64", int, void *, size_t, off_t);
  if (of(fd) && !may_read(fd)) return -1;
  return real(fd, data, length, offset);
}

ssize_t read(int fd, void *data, size_t length) {
  REAL(ssize_t, "read", int, void *, size_t);
  if (of(fd) && !may_read(fd)) return -1;
  return real(fd, data, length);
}

static int sync_with(int (*real)(int), int fd) {
  const char *path = of(fd);
  if (!path) return real(fd);
  __atomic_add_fetch(&control->syncs, 1, __ATOMIC_SEQ_CST);
  if (fails(path, &control->fail_sync_at, EIO)) return -1;
  if (control->skip_sync && meant(path)) return 0;
  record(is_folder[fd] ? 'd' : 's', path, 0, 0, 0);
  if (control->sync_delay_ms && meant(path)) {
    // In small steps, so that a stall ends when the control says so.
    for (uint32_t waited = 0; waited < control->sync_delay_ms; waited++) usleep(1000);
  }
  int done = real(fd);
  if (!done) record(is_folder[fd] ? 'D' : 'S', path, 0, 0, 0);
  return done;
}

int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  return sync_with(real, fd);
}
int fsync(int fd) {
  REAL(int, "fsync", int);
  return sync_with(real, fd);
}

int ftruncate64(int fd, off_t size) {
  REAL(int, "ftruncate64", int, off_t);
  struct stat about;
  if (of(fd) && !fstat(fd, &about) && size > about.st_size && no_room(of(fd))) return -1;
  if (of(fd)) record('t', of(fd), (uint64_t)size, 0, 0);
  return real(fd, size);
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int posix_fallocate64(int fd, off_t from, off_t length) {
  REAL(int, "posix_fallocate64", int, off_t, off_t);
  struct stat about;
  if (of(fd) && !fstat(fd, &about) && from + length > about.st_size && no_room(of(fd))) return ENOSPC;
  int done = real(fd, from, length);
  if (!done && of(fd) && from + length > about.st_size) record('t', of(fd), (uint64_t)(from + length), 0, 0);
  return done;
}
int posix_fallocate(int fd, off_t from, off_t length) { return posix_fallocate64(fd, from, length); }

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  int done = real(from, to);
  if (!done && ours(from) && ours(to)) {
    const char *below = to + strlen(folder);
    record('r', from, 0, below, (uint32_t)strlen(below));
    for (int fd = 0; fd < FDS; fd++)
      if (paths[fd] && !strcmp(paths[fd], from)) { free(paths[fd]); paths[fd] = strdup(to); }
  }
  return done;
}

int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  int done = real(path);
  if (!done && ours(path)) record('u', path, 0, 0, 0);
  return done;
}

// Relative to a folder, as whole trees are removed.
int unlinkat(int at, const char *path, int flags) {
  REAL(int, "unlinkat", int, const char *, int);
  char whole[2 * PATH_MAX];
  if (path[0] == '/' || !of(at)) snprintf(whole, sizeof whole, "%.*s", PATH_MAX - 1, path);
  else snprintf(whole, sizeof whole, "%s/%.*s", of(at), PATH_MAX - 1, path);
  int done = real(at, path, flags);
  if (!done && !(flags & AT_REMOVEDIR) && ours(whole)) record('u', whole, 0, 0, 0);
  return done;
}

// Copies inside the kernel are not seen here: refused, so that the caller reads and writes instead.
ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *there, size_t length, unsigned flags) {
  REAL(ssize_t, "copy_file_range", int, off64_t *, int, off64_t *, size_t, unsigned);
  if (!of(to)) return real(from, at, to, there, length, flags);
  errno = ENOSYS;
  return -1;
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t length) {
  REAL(ssize_t, "sendfile64", int, int, off64_t *, size_t);
  if (!of(to)) return real(to, from, at, length);
  errno = ENOSYS;
  return -1;
}
