/* The threads of a CUDA kernel, one at a time on one processor.
 *
 * A thread is a fiber: a stack and a place in the program. It runs until it ends or waits at a barrier; then the next thread runs. When
 * every thread of the block has ended or waits, barriers open: first those of warps, and where no thread waits for its warp, the block's.
 * So whatever a thread writes between two barriers is seen, or not, by the others in one order that does not change from run to run: the
 * threads' numbers, forward or reversed. A kernel whose result depends on that order gives two results.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { WARP = 32, MAX_THREADS = 1024, STACK = 256 * 1024, GUARD = 4096, DYNAMIC = 49152, VALUE = 16 };

struct index { unsigned x, y, z; };
struct index threadIdx, blockIdx, blockDim, gridDim;
char dynamic_shared_memory[DYNAMIC] __attribute__((aligned(256)));

/* A place in the program: the stack, with the registers that a call must keep on top of it. */
#ifdef __x86_64__
typedef struct { void *top; } place;
void change_stack(void **from, void *to);
__asm__(".text\n"
        ".local change_stack\n"
        "change_stack:\n"
        "  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
        "  mov %rsp, (%rdi)\n"
        "  mov %rsi, %rsp\n"
        "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbp\n  pop %rbx\n"
        "  ret\n");

static void change(place *from, place *to) { change_stack(&from->top, to->top); }

static void begin(place *p, char *stack, void (*function)(void)) {
    void **top = (void **)(stack + STACK);
    *--top = 0;                                       /* nothing to return to */
    *--top = (void *)function;
    for (int k = 0; k < 6; k++) *--top = 0;           /* six registers */
    p->top = top;
}
#else
#include <ucontext.h>
typedef ucontext_t place;

static void change(place *from, place *to) { swapcontext(from, to); }

static void begin(place *p, char *stack, void (*function)(void)) {
    getcontext(p);
    p->uc_stack.ss_sp = stack;
    p->uc_stack.ss_size = STACK;
    p->uc_link = 0;
    makecontext(p, function, 0);
}
#endif

enum state { READY, AT_WARP, AT_BLOCK, ENDED };
static struct { place at; enum state state; char *stack; } fibers[MAX_THREADS];
static place scheduler;
static unsigned current, threads;
static void (*body)(void **);
static void **arguments;

/* Stacks, each above a page that must not be touched: a stack too small is a crash here, not a wrong number elsewhere. */
static char *free_stacks[MAX_THREADS];
static int free_count;

static char *take_stack(void) {
    if (free_count) return free_stacks[--free_count];
    char *memory = mmap(0, GUARD + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, GUARD, PROT_NONE)) {
        perror("the emulated CUDA device has no memory for the stack of a thread");
        abort();
    }
    return memory + GUARD;
}

static void wait_at(enum state barrier) {
    unsigned self = current;
    fibers[self].state = barrier;
    change(&fibers[self].at, &scheduler);
}

void emulated_block_barrier(void) { wait_at(AT_BLOCK); }
void emulated_warp_barrier(void) { wait_at(AT_WARP); }

/* Warps: each thread shows a value, and after the barrier reads another's. The second barrier keeps it from being overwritten. */
static char shown[MAX_THREADS][VALUE];

unsigned emulated_lane(void) { return current % WARP; }

void emulated_shuffle(void *value, unsigned size, unsigned source) {
    memcpy(shown[current], value, size);
    emulated_warp_barrier();
    memcpy(value, shown[current / WARP * WARP + source % WARP], size);
    emulated_warp_barrier();
}

unsigned emulated_ballot(unsigned mask, int vote) {
    unsigned first = current / WARP * WARP, votes = 0;
    shown[current][0] = vote != 0;
    emulated_warp_barrier();
    for (unsigned k = 0; k < WARP && first + k < threads; k++)
        if (mask >> k & 1 && fibers[first + k].state != ENDED && shown[first + k][0]) votes |= 1u << k;
    emulated_warp_barrier();
    return votes;
}

static void fiber(void) {
    body(arguments);
    fibers[current].state = ENDED;
    change(&fibers[current].at, &scheduler);
}

static void run_until_it_waits(unsigned thread) {
    current = thread;
    threadIdx.x = thread % blockDim.x;
    threadIdx.y = thread / blockDim.x % blockDim.y;
    threadIdx.z = thread / (blockDim.x * blockDim.y);
    change(&scheduler, &fibers[thread].at);
    if (fibers[thread].state == ENDED) free_stacks[free_count++] = fibers[thread].stack;
}

static void open_barriers(enum state barrier) {
    for (unsigned t = 0; t < threads; t++)
        if (fibers[t].state == barrier) fibers[t].state = READY;
}

static void run_block(int reversed) {
    unsigned ended = 0;
    for (unsigned k = 0; k < threads; k++) {          /* a thread that meets no barrier leaves its stack to the next */
        unsigned t = reversed ? threads - 1 - k : k;
        fibers[t].stack = take_stack();
        fibers[t].state = READY;
        begin(&fibers[t].at, fibers[t].stack, fiber);
        run_until_it_waits(t);
        ended += fibers[t].state == ENDED;
    }
    while (ended < threads) {
        enum state barrier = AT_BLOCK;
        for (unsigned t = 0; t < threads; t++)
            if (fibers[t].state == AT_WARP) barrier = AT_WARP;
        open_barriers(barrier);
        for (unsigned k = 0; k < threads; k++) {
            unsigned t = reversed ? threads - 1 - k : k;
            if (fibers[t].state == READY) {
                run_until_it_waits(t);
                ended += fibers[t].state == ENDED;
            }
        }
    }
}

void run_kernel(void (*kernel)(void **), void **given, const unsigned grid[3], const unsigned block[3], int reversed) {
    body = kernel;
    arguments = given;
    gridDim = (struct index){grid[0], grid[1], grid[2]};
    blockDim = (struct index){block[0], block[1], block[2]};
    threads = block[0] * block[1] * block[2];
    uint64_t blocks = (uint64_t)grid[0] * grid[1] * grid[2];
    for (uint64_t k = 0; k < blocks; k++) {
        uint64_t b = reversed ? blocks - 1 - k : k;
        blockIdx = (struct index){b % grid[0], b / grid[0] % grid[1], b / grid[0] / grid[1]};
        run_block(reversed);
    }
}
