# lamina_syntax: the scanner by flex, the parser by bison (warnings fatal, no conflicts), and compiler/syntax/*.c.
set(grammar ${PROJECT_SOURCE_DIR}/grammar)
bison_target(ModelParser ${grammar}/model.y ${CMAKE_CURRENT_BINARY_DIR}/model.tab.c COMPILE_FLAGS "-Werror")
flex_target(ModelScanner ${grammar}/model.l ${CMAKE_CURRENT_BINARY_DIR}/model.lex.c
  DEFINES_FILE ${CMAKE_CURRENT_BINARY_DIR}/model.lex.h)
add_flex_bison_dependency(ModelScanner ModelParser)
set(LAMINA_STAGE_GENERATED ${BISON_ModelParser_OUTPUTS} ${FLEX_ModelScanner_OUTPUTS})
lamina_stage(syntax lamina_base)
set(LAMINA_STAGE_GENERATED)
target_include_directories(lamina_syntax PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
# Generated code is not ours to keep free of warnings.
set_source_files_properties(${BISON_ModelParser_OUTPUTS} ${FLEX_ModelScanner_OUTPUTS} PROPERTIES COMPILE_OPTIONS "-w")
