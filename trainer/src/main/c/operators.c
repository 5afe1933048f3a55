// Makes the kernels operators of the engine, which the program calls as ops.millrace.NAME, through libtorch's C interface for that
// (torch/csrc/inductor/aoti_torch/c/shim.h). libtorch is in the process already: DJL has loaded it. So nothing of it is needed to build this.
#include "kernels.h"

#include <dlfcn.h>
#include <stddef.h>

typedef uint64_t Value;  // an argument as libtorch hands it over: a tensor's handle, which is then ours, or a number's bits
typedef struct Opaque *Handle;
typedef void Operator(Value *arguments, uint64_t count, uint64_t results);

static int (*get_data_ptr)(Handle tensor, void **data);
static int (*get_dim)(Handle tensor, int64_t *dimensions);
static int (*get_size)(Handle tensor, int64_t dimension, int64_t *size);
static int (*get_stride)(Handle tensor, int64_t dimension, int64_t *elements);
static int (*get_dtype)(Handle tensor, int32_t *type);
static int (*delete_tensor)(Handle tensor);
static int (*new_definitions)(const char *space, const char *file, uint32_t line, Handle *library);
static int (*new_implementations)(const char *space, const char *device, const char *file, uint32_t line, Handle *library);
static int (*define)(Handle library, const char *schema);
static int (*implement)(Handle library, const char *name, Operator *call);

// OpenMP as libtorch has it, on its threads; absent where libtorch was built without GNU's.
static int (*max_threads)(void);
static int (*thread_number)(void);
static int (*threads_of_team)(void);
static void (*in_parallel)(void (*task)(void *), void *data, unsigned threads, unsigned flags);

static const struct {
  const char *name;
  void *function;
} required[] = {
  {"aoti_torch_get_data_ptr", &get_data_ptr},
  {"aoti_torch_get_dim", &get_dim},
  {"aoti_torch_get_size", &get_size},
  {"aoti_torch_get_stride", &get_stride},
  {"aoti_torch_get_dtype", &get_dtype},
  {"aoti_torch_delete_tensor_object", &delete_tensor},
  {"aoti_torch_library_init_fragment", &new_definitions},
  {"aoti_torch_library_init_impl", &new_implementations},
  {"aoti_torch_library_def", &define},
  {"aoti_torch_library_impl", &implement},
};

static Tensor tensor_of(Handle handle) {
  void *data;
  int64_t dimensions, columns = 1, groups = 1;
  int32_t type;
  Tensor found;
  get_data_ptr(handle, &data);
  get_dtype(handle, &type);
  get_dim(handle, &dimensions);
  get_size(handle, 0, &found.rows);
  get_stride(handle, 0, &found.stride);
  if (dimensions > 1) get_size(handle, dimensions - 1, &columns);
  if (dimensions > 2) get_size(handle, 1, &groups);
  found.data = data;
  found.columns = columns;
  found.groups = groups;
  found.type = type == 15 ? BFLOAT16 : FLOAT32;
  found.stride = bytes_of(found.stride, found.type);
  return found;
}

typedef struct {
  Kernel *kernel;
  Arguments *arguments;
} Task;

static void share_of_task(void *data) {
  Task *task = data;
  int64_t rows = task->arguments->tensors[0].rows, n = thread_number(), threads = threads_of_team();
  task->kernel(task->arguments, rows * n / threads, rows * (n + 1) / threads);
}

// As the engine's own operations, on several threads from 32,768 elements on.
static void run(Kernel *kernel, Arguments *arguments) {
  Tensor *result = &arguments->tensors[0];
  int threads = in_parallel && result->rows * result->groups * result->columns >= 32768 ? max_threads() : 1;
  if (threads > 1) {
    Task task = {kernel, arguments};
    in_parallel(share_of_task, &task, (unsigned)threads, 0);
  } else {
    kernel(arguments, 0, result->rows);
  }
}

// A number, if there is one, comes after the tensors.
static void call(Kernel *kernel, uint64_t tensors, Value *values, uint64_t count) {
  Arguments arguments;
  for (uint64_t i = 0; i < tensors; i++) arguments.tensors[i] = tensor_of((Handle)values[i]);
  if (count > tensors) memcpy(&arguments.number, &values[tensors], sizeof arguments.number);
  run(kernel, &arguments);
  for (uint64_t i = 0; i < tensors; i++) delete_tensor((Handle)values[i]);
}

// name, how many of its parameters are tensors, and these
#define OPERATORS(X) \
  X(swiglu, 2, "Tensor(a!) out, Tensor gate_up") \
  X(swiglu_gradient, 2, "Tensor(a!) dm, Tensor(b!) gate_up") \
  X(norm, 4, "Tensor(a!) out, Tensor(b!) r, Tensor x, Tensor w, float epsilon") \
  X(norm_gradient, 5, "Tensor(a!) onto, Tensor dy, Tensor x, Tensor w, Tensor r") \
  X(rotate, 5, "Tensor(a!) out, Tensor x, Tensor cos, Tensor sin, Tensor index") \
  X(gather, 3, "Tensor(a!) out, Tensor x, Tensor index") \
  X(gather_real, 4, "Tensor(a!) out, Tensor x, Tensor index, Tensor real") \
  X(unrotate, 3, "Tensor(a!) x, Tensor cos, Tensor sin") \
  X(cross_entropy, 4, "Tensor(a!) z, Tensor(b!) losses, Tensor(c!) totals, Tensor labels") \
  X(softmax, 2, "Tensor(a!) s, Tensor mask, float scale") \
  X(softmax_gradient, 2, "Tensor(a!) dp, Tensor p") \
  X(accumulate, 2, "Tensor part, Tensor(a!) sum")

#define CALL(name, tensors, parameters)                                      \
  static void call_##name(Value *values, uint64_t count, uint64_t results) { \
    (void)results;                                                           \
    call(name, tensors, values, count);                                      \
  }
OPERATORS(CALL)

#define ENTRY(name, tensors, parameters) {#name, #name "(" parameters ") -> ()", call_##name},
static const struct {
  const char *name, *schema;
  Operator *call;
} operators[] = {OPERATORS(ENTRY)};

static void find(void *library, const char *name, void *function) {
  void *found = dlsym(library, name);
  memcpy(function, &found, sizeof found);
}

static int is_registered(void) {
  void *libtorch = dlopen("libtorch_cpu.so", RTLD_NOW | RTLD_NOLOAD);
  if (libtorch == NULL) return 0;
  for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
    find(libtorch, required[i].name, required[i].function);
    if (*(void **)required[i].function == NULL) return 0;
  }
  find(libtorch, "omp_get_max_threads", &max_threads);
  find(libtorch, "omp_get_thread_num", &thread_number);
  find(libtorch, "omp_get_num_threads", &threads_of_team);
  find(libtorch, "GOMP_parallel", &in_parallel);
  Handle definitions, implementations;
  if (new_definitions("millrace", __FILE__, __LINE__, &definitions)) return 0;
  if (new_implementations("millrace", "CPU", __FILE__, __LINE__, &implementations)) return 0;
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
    if (define(definitions, operators[i].schema) || implement(implementations, operators[i].name, operators[i].call)) return 0;
  }
  return 1;
}

// The JVM calls this when it loads the library, and refuses a library that answers with -1.
__attribute__((visibility("default"))) int32_t JNI_OnLoad(void *vm, void *reserved) {
  (void)vm;
  (void)reserved;
  return is_registered() ? 0x00010008 : -1;
}
