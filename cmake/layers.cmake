# lr_layer(NAME LINKS layer... [PRIVATE_LIBS lib...]) makes src/NAME a static library of its
# sources and, from the *_test.cpp beside them, one test program NAME_test.
# src/NAME/CMakeLists.txt, where it exists, adds what only this layer needs (lr_NAME is its target).
function(lr_layer name)
  cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
  set(folder ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  list(TRANSFORM ARG_LINKS PREPEND lr_)

  if(sources)
    add_library(lr_${name} STATIC ${sources})
    target_include_directories(lr_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(lr_${name} PUBLIC ${ARG_LINKS} PRIVATE lr_options)
  else()
    add_library(lr_${name} INTERFACE)
    target_include_directories(lr_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(lr_${name} INTERFACE ${ARG_LINKS})
  endif()
  if(EXISTS ${folder}/CMakeLists.txt)
    add_subdirectory(${folder})
  endif()

  if(LLM_ROUTER_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE lr_${name} lr_options GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE
      LLM_ROUTER_SHARED_DATA="${CMAKE_SOURCE_DIR}/../shared/data"
      LLM_ROUTER_CORPORA="${CMAKE_SOURCE_DIR}/fuzz/corpora")
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60)
  endif()
endfunction()
