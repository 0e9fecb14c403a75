/* Python 3's grammar, as tokens from syntax/lexer.c to the tree of syntax/ast.h.
 *
 * Every action is a call of syntax/build.h or adds to a list. Lists are left-recursive, so their length is not
 * limited. What Python's grammar leaves to its compiler (assignment targets, `return` outside a function) is
 * syntax/check.c's. Errors recover at one point, `broken: error NEWLINE`; the block and the clauses that follow a
 * broken header belong to it, so that one mistake gives one message.
 */
%code requires {
#include "syntax/build.h"
}
%code {
#include "syntax/lexer.h"
#include "syntax/syntax_error.h"

#define YYLLOC_DEFAULT(Current, Rhs, N) ((Current) = range_of_symbols(&YYRHSLOC(Rhs, 1), N))
#define LIST(list, item) ((list) = arena_alloc(p->arena, sizeof *(list)), vec_push(p->arena, (list), (item)))
#define ADD(list, item) vec_push(p->arena, (list), (item))

/* Empty symbols have no place and do not count. */
static SourceRange range_of_symbols(const SourceRange *symbols, int n) {
    SourceRange range = NO_SOURCE;
    for (int i = 0; i < n; i++) range = source_join(range, symbols[i]);
    return range;
}

static void model_error(const SourceRange *at, Parser *p, const char *text);
}

%define api.pure full
%define api.prefix {model_}
%define api.token.raw
%define api.token.prefix {T_}
%define api.value.type union
%define api.location.type {SourceRange}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {Parser *p}

%token END 0 "end of file" START_FILE START_EXPRESSION
%token NEWLINE "end of line" INDENT "indent" DEDENT "unindent"
%token <const char *> NAME "a name"
%token <Expr *> NUMBER "a number" STRING "a string" FSTRING_MIDDLE
%token FSTRING_START FSTRING_END
%token FIELD_OPEN "{ of a field" FIELD_CLOSE "} of a field" FIELD_COLON ": of a format"
%token FIELD_BANG "!"
%token FALSE "False" NONE "None" TRUE "True" AND "and" AS "as" ASSERT "assert" ASYNC "async" AWAIT "await"
%token BREAK "break" CLASS "class" CONTINUE "continue" DEF "def"
%token DEL "del" ELIF "elif" ELSE "else" EXCEPT "except"
%token FINALLY "finally" FOR "for" FROM "from" GLOBAL "global" IF "if" IMPORT "import" IN "in" IS "is"
%token LAMBDA "lambda" NONLOCAL "nonlocal" NOT "not" OR "or"
%token PASS "pass" RAISE "raise" RETURN "return" TRY "try"
%token WHILE "while" WITH "with" WITH_GROUP "with (" YIELD "yield" MATCH "match" CASE "case" TYPE "type"
%token LPAR "(" RPAR ")" LSQB "[" RSQB "]" LBRACE "{" RBRACE "}" COLON ":" WALRUS ":=" COMMA "," SEMICOLON ";"
%token DOT "." ELLIPSIS "..." ARROW "->" ASSIGN "=" PLUS "+" MINUS "-" STAR "*" SLASH "/" PERCENT "%" AT "@"
%token DOUBLE_STAR "**" DOUBLE_SLASH "//" LSHIFT "<<" RSHIFT ">>" BAR "|" CARET "^" AMPERSAND "&" TILDE "~"
%token LT "<" GT ">" LE "<=" GE ">=" EQ "==" NE "!="
%token PLUS_ASSIGN "+=" MINUS_ASSIGN "-=" STAR_ASSIGN "*="
%token SLASH_ASSIGN "/=" PERCENT_ASSIGN "%=" AT_ASSIGN "@="
%token DOUBLE_STAR_ASSIGN "**=" DOUBLE_SLASH_ASSIGN "//="
%token LSHIFT_ASSIGN "<<=" RSHIFT_ASSIGN ">>=" BAR_ASSIGN "|="
%token CARET_ASSIGN "^=" AMPERSAND_ASSIGN "&="

/* A block after a broken line, and a definition after a decorator, belong to it, not to a new statement. */
%precedence ALONE
%precedence INDENT DEF CLASS ASYNC "@"

%type <StmtVec *> file body line block simple_line simple_list else_part finally_part
%type <IfChain *> if_chain
%type <Stmt *> compound simple expression_stmt if_stmt while_stmt for_stmt try_stmt with_stmt match_stmt
%type <Stmt *> function class definition import_stmt async_stmt
%type <ExprVec *> assignment items targets slices_list tuple_items decorators strings
%type <Expr *> exprs star_expr named expression disjunction conjunction
%type <Expr *> inversion comparison bitor bitxor bitand shift
%type <Expr *> sum term factor power awaited primary atom
%type <Expr *> yield value opt_expression targets_expr target slices slice
%type <Expr *> item lambda annotation string format returns
%type <PieceVec *> pieces
%type <FormatPiece> field
%type <int> compare_op augmented conversion debug dots
%type <ComprehensionVec *> clauses
%type <Comprehension> clause
%type <DictItems *> dict_items
%type <DictItem> dict_item
%type <ArgumentVec *> arguments argument_list bases
%type <CallArgument> argument
%type <ParameterVec *> parameters parameter_list lambda_parameters lambda_parameter_list
%type <Parameter> parameter lambda_parameter
%type <NameVec *> names
%type <const char *> dotted
%type <AliasVec *> modules members member_list
%type <ImportAlias> module member
%type <HandlerVec *> handlers
%type <ExceptHandler> handler
%type <WithItemVec *> with_items
%type <WithItem> with_item
%type <CaseVec *> cases
%type <MatchCase> case
%type <Expr *> subject guard pattern_name literal signed_number
%type <Pattern *> patterns pattern or_pattern closed_pattern element
%type <PatternVec *> elements
%type <PatternItem> mapping_item pattern_argument
%type <PatternItemVec *> mapping pattern_arguments

%%

input
  : START_FILE file END { build_module(p, $2); }
  | START_EXPRESSION exprs NEWLINE END { p->expression = $2; }
  ;
file: %empty { $$ = NULL; } | body ;
body
  : line
  | body line { $$ = build_join_lines(p, $1, $2); }
  ;
line
  : simple_line
  | compound { LIST($$, $1); }
  | broken %prec ALONE { $$ = ARENA_NEW(p->arena, StmtVec); }
  | surprise body DEDENT { $$ = $2; }
  | decorators %prec ALONE { build_lone_decorator(p, @1); $$ = ARENA_NEW(p->arena, StmtVec); }
  ;
surprise: INDENT { build_unexpected_indent(p); } ;
broken
  : error NEWLINE { yyerrok; if (diag_full(p->diags)) YYABORT; }
  | broken INDENT body DEDENT
  | broken ELSE ":" block
  | broken ELIF named ":" block
  | broken FINALLY ":" block
  | broken handler
  ;
block
  : simple_line
  | NEWLINE INDENT body DEDENT { $$ = $3; @$ = @3; }
  | NEWLINE %prec ALONE { build_missing_block(p); $$ = ARENA_NEW(p->arena, StmtVec); }
  ;
simple_line: simple_list NEWLINE | simple_list ";" NEWLINE ;
simple_list
  : simple { LIST($$, $1); }
  | simple_list ";" simple { $$ = $1; ADD($$, $3); }
  ;

/* ---- simple statements ---- */

simple
  : expression_stmt
  | "pass" { $$ = build_stmt(p, STMT_PASS, @$); }
  | "break" { $$ = build_stmt(p, STMT_BREAK, @$); }
  | "continue" { $$ = build_stmt(p, STMT_CONTINUE, @$); }
  | "return" { $$ = build_expr_stmt(p, STMT_RETURN, NULL, @$); }
  | "return" exprs { $$ = build_expr_stmt(p, STMT_RETURN, $2, @$); }
  | "del" targets comma { $$ = build_delete(p, $2, @$); }
  | "global" names { $$ = build_names(p, STMT_GLOBAL, $2, @$); }
  | "nonlocal" names { $$ = build_names(p, STMT_NONLOCAL, $2, @$); }
  | "assert" expression { $$ = build_assert(p, $2, NULL, @$); }
  | "assert" expression "," expression { $$ = build_assert(p, $2, $4, @$); }
  | "raise" { $$ = build_raise(p, NULL, NULL, @$); }
  | "raise" expression { $$ = build_raise(p, $2, NULL, @$); }
  | "raise" expression "from" expression { $$ = build_raise(p, $2, $4, @$); }
  | "type" NAME type_parameters "=" expression { $$ = build_type_alias(p, (Name){$2, @2}, $5, @$); }
  | import_stmt
  ;
expression_stmt
  : exprs { $$ = build_expr_stmt(p, STMT_EXPR, $1, @$); }
  | yield { $$ = build_expr_stmt(p, STMT_EXPR, $1, @$); }
  | assignment { $$ = build_assign(p, $1, @$); }
  | exprs augmented value { $$ = build_aug_assign(p, $1, (BinaryOperator)$2, $3, @$); }
  | exprs ":" expression { $$ = build_ann_assign(p, $1, $3, NULL, @$); }
  | exprs ":" expression "=" value { $$ = build_ann_assign(p, $1, $3, $5, @$); }
  ;
assignment
  : exprs "=" value { LIST($$, $1); ADD($$, $3); }
  | assignment "=" value { $$ = $1; ADD($$, $3); }
  ;
value: exprs | yield ;
augmented
  : "+=" { $$ = BINARY_ADD; }
  | "-=" { $$ = BINARY_SUB; }
  | "*=" { $$ = BINARY_MUL; }
  | "@=" { $$ = BINARY_MATMUL; }
  | "/=" { $$ = BINARY_DIV; }
  | "%=" { $$ = BINARY_MOD; }
  | "**=" { $$ = BINARY_POW; }
  | "<<=" { $$ = BINARY_LSHIFT; }
  | ">>=" { $$ = BINARY_RSHIFT; }
  | "|=" { $$ = BINARY_OR; }
  | "^=" { $$ = BINARY_XOR; }
  | "&=" { $$ = BINARY_AND; }
  | "//=" { $$ = BINARY_FLOORDIV; }
  ;
names
  : NAME { LIST($$, ((Name){$1, @1})); }
  | names "," NAME { $$ = $1; ADD($$, ((Name){$3, @3})); }
  ;
import_stmt
  : "import" modules { $$ = build_import(p, $2, @$); }
  | "from" dotted "import" members { $$ = build_import_from(p, 0, $2, $4, @$); }
  | "from" dots dotted "import" members { $$ = build_import_from(p, $2, $3, $5, @$); }
  | "from" dots "import" members { $$ = build_import_from(p, $2, "", $4, @$); }
  ;
members
  : "*" { LIST($$, ((ImportAlias){.dotted_name = "*", .at = @1})); }
  | member_list
  | member_list "," { $$ = $1; build_trailing_comma(p, @2); }
  | "(" member_list comma ")" { $$ = $2; }
  ;
member_list
  : member { LIST($$, $1); }
  | member_list "," member { $$ = $1; ADD($$, $3); }
  ;
comma: %empty | "," ;
modules
  : module { LIST($$, $1); }
  | modules "," module { $$ = $1; ADD($$, $3); }
  ;
module
  : dotted { $$ = (ImportAlias){.dotted_name = $1, .at = @$}; }
  | dotted "as" NAME { $$ = (ImportAlias){$1, {$3, @3}, @$}; }
  ;
member
  : NAME { $$ = (ImportAlias){.dotted_name = $1, .at = @$}; }
  | NAME "as" NAME { $$ = (ImportAlias){$1, {$3, @3}, @$}; }
  ;
dotted
  : NAME
  | dotted "." NAME { $$ = arena_printf(p->arena, "%s.%s", $1, $3); }
  ;
dots
  : "." { $$ = 1; }
  | "..." { $$ = 3; }
  | dots "." { $$ = $1 + 1; }
  | dots "..." { $$ = $1 + 3; }
  ;

/* ---- compound statements ---- */

compound
  : if_stmt
  | while_stmt
  | for_stmt
  | try_stmt
  | with_stmt
  | match_stmt
  | async_stmt
  | definition
  | decorators definition { $$ = build_decorated(p, $2, $1); }
  ;
async_stmt
  : "async" for_stmt { $$ = build_async($2, @1); }
  | "async" with_stmt { $$ = build_async($2, @1); }
  ;
if_stmt
  : if_chain { $$ = build_if_end(p, $1, NULL); }
  | if_chain "else" ":" block { $$ = build_if_end(p, $1, $4); }
  ;
if_chain
  : "if" named ":" block { $$ = build_if(p, NULL, $2, $4, source_join(@1, @3)); }
  | if_chain "elif" named ":" block { $$ = build_if(p, $1, $3, $5, source_join(@2, @4)); }
  ;
else_part
  : %empty { $$ = NULL; }
  | "else" ":" block { $$ = $3; }
  ;
while_stmt
  : "while" named ":" block else_part { $$ = build_while(p, $2, $4, $5, source_join(@1, @3)); }
  ;
for_stmt
  : "for" targets_expr "in" exprs ":" block else_part { $$ = build_for(p, $2, $4, $6, $7, source_join(@1, @5)); }
  ;
try_stmt
  : "try" ":" block handlers else_part finally_part { $$ = build_try(p, $3, $4, $5, $6, source_join(@1, @2)); }
  ;
finally_part
  : %empty { $$ = NULL; }
  | "finally" ":" block { $$ = $3; }
  ;
handlers
  : %empty { $$ = ARENA_NEW(p->arena, HandlerVec); }
  | handlers handler { $$ = $1; ADD($$, $2); }
  ;
handler
  : "except" ":" block { $$ = build_handler(p, NULL, (Name){0}, $3, source_join(@1, @2)); }
  | "except" expression ":" block { $$ = build_handler(p, $2, (Name){0}, $4, source_join(@1, @3)); }
  | "except" expression "as" NAME ":" block { $$ = build_handler(p, $2, (Name){$4, @4}, $6, source_join(@1, @5)); }
  | "except" "*" expression ":" block { $$ = build_group_handler(p, $3, (Name){0}, $5, source_join(@1, @4)); }
  | "except" "*" expression "as" NAME ":" block {
      $$ = build_group_handler(p, $3, (Name){$5, @5}, $7, source_join(@1, @6));
    }
  | "except" expression "," exprs ":" block { $$ = build_bare_tuple_handler(p, source_join(@2, @4)); }
  | "except" expression "," exprs "as" NAME ":" block { $$ = build_bare_tuple_handler(p, source_join(@2, @4)); }
  ;
with_stmt
  : "with" with_items ":" block { $$ = build_with(p, build_with_tuple(p, $2), $4, source_join(@1, @3)); }
  | "with (" "(" with_items comma ")" ":" block { $$ = build_with(p, $3, $7, source_join(@1, @6)); }
  ;
with_items
  : with_item { LIST($$, $1); }
  | with_items "," with_item { $$ = $1; ADD($$, $3); }
  ;
with_item
  : expression { $$ = (WithItem){$1, NULL}; }
  | expression "as" target { $$ = (WithItem){$1, $3}; }
  ;
decorators
  : "@" named NEWLINE { LIST($$, $2); }
  | decorators "@" named NEWLINE { $$ = $1; ADD($$, $3); }
  ;
definition
  : function
  | "async" function { $$ = build_async($2, @1); }
  | class
  ;
function
  : "def" NAME type_parameters "(" parameters ")" returns ":" block {
      $$ = build_function(p, (Name){$2, @2}, build_parameters(p, $5), $7, $9, source_join(@1, @8));
    }
  ;
returns
  : %empty { $$ = NULL; }
  | "->" exprs { $$ = $2; }
  ;
class
  : "class" NAME type_parameters bases ":" block {
      $$ = build_class(p, (Name){$2, @2}, $4, $6, source_join(@1, @5));
    }
  ;
bases
  : %empty { $$ = NULL; }
  | "(" arguments ")" { $$ = $2; }
  ;
type_parameters
  : %empty
  | "[" type_parameter_list comma "]"
  ;
type_parameter_list: type_parameter | type_parameter_list "," type_parameter ;
type_parameter
  : NAME type_bound type_default
  | "*" NAME star_type_default
  | "**" NAME type_default
  ;
type_bound: %empty | ":" expression ;
type_default: %empty | "=" expression ;
star_type_default: %empty | "=" star_expr ;

/* ---- parameters ---- */

parameters
  : %empty { $$ = ARENA_NEW(p->arena, ParameterVec); }
  | parameter_list comma
  ;
parameter_list
  : parameter { LIST($$, $1); }
  | parameter_list "," parameter { $$ = $1; ADD($$, $3); }
  ;
parameter
  : NAME annotation { $$ = build_parameter(PARAMETER_ORDINARY, (Name){$1, @1}, $2, NULL); }
  | NAME annotation "=" expression { $$ = build_parameter(PARAMETER_ORDINARY, (Name){$1, @1}, $2, $4); }
  | "*" { $$ = build_parameter(PARAMETER_STAR, (Name){NULL, @1}, NULL, NULL); }
  | "*" NAME annotation { $$ = build_parameter(PARAMETER_STAR, (Name){$2, @2}, $3, NULL); }
  | "*" NAME ":" "*" bitor {
      $$ = build_parameter(PARAMETER_STAR, (Name){$2, @2}, build_value(p, EXPR_STARRED, $5, source_join(@4, @5)), NULL);
    }
  | "**" NAME annotation { $$ = build_parameter(PARAMETER_DOUBLE_STAR, (Name){$2, @2}, $3, NULL); }
  | "/" { $$ = build_parameter(PARAMETER_POSITIONAL_ONLY, (Name){NULL, @1}, NULL, NULL); }
  ;
annotation
  : %empty { $$ = NULL; }
  | ":" expression { $$ = $2; }
  ;
lambda_parameters
  : %empty { $$ = ARENA_NEW(p->arena, ParameterVec); }
  | lambda_parameter_list comma
  ;
lambda_parameter_list
  : lambda_parameter { LIST($$, $1); }
  | lambda_parameter_list "," lambda_parameter { $$ = $1; ADD($$, $3); }
  ;
lambda_parameter
  : NAME { $$ = build_parameter(PARAMETER_ORDINARY, (Name){$1, @1}, NULL, NULL); }
  | NAME "=" expression { $$ = build_parameter(PARAMETER_ORDINARY, (Name){$1, @1}, NULL, $3); }
  | "*" { $$ = build_parameter(PARAMETER_STAR, (Name){NULL, @1}, NULL, NULL); }
  | "*" NAME { $$ = build_parameter(PARAMETER_STAR, (Name){$2, @2}, NULL, NULL); }
  | "**" NAME { $$ = build_parameter(PARAMETER_DOUBLE_STAR, (Name){$2, @2}, NULL, NULL); }
  | "/" { $$ = build_parameter(PARAMETER_POSITIONAL_ONLY, (Name){NULL, @1}, NULL, NULL); }
  ;

/* ---- expressions ---- */

exprs
  : star_expr
  | star_expr "," { ExprVec *one; LIST(one, $1); $$ = build_elements(p, EXPR_TUPLE, one, @$); }
  | tuple_items comma { $$ = build_elements(p, EXPR_TUPLE, $1, @$); }
  ;
tuple_items
  : star_expr "," star_expr { LIST($$, $1); ADD($$, $3); }
  | tuple_items "," star_expr { $$ = $1; ADD($$, $3); }
  ;
star_expr
  : expression
  | "*" bitor { $$ = build_value(p, EXPR_STARRED, $2, @$); }
  ;
yield
  : "yield" { $$ = build_value(p, EXPR_YIELD, NULL, @$); }
  | "yield" exprs { $$ = build_value(p, EXPR_YIELD, $2, @$); }
  | "yield" "from" expression { $$ = build_value(p, EXPR_YIELD_FROM, $3, @$); }
  ;
named
  : expression
  | expression ":=" expression { $$ = build_walrus(p, $1, $3, @$); }
  ;
expression
  : disjunction
  | disjunction "if" disjunction "else" expression { $$ = build_ternary(p, $3, $1, $5, @$); }
  | lambda
  ;
lambda
  : "lambda" lambda_parameters ":" expression { $$ = build_lambda(p, build_parameters(p, $2), $4, @$); }
  ;
disjunction
  : conjunction
  | disjunction "or" conjunction { $$ = build_bool_op(p, true, $1, $3, @$); }
  ;
conjunction
  : inversion
  | conjunction "and" inversion { $$ = build_bool_op(p, false, $1, $3, @$); }
  ;
inversion
  : comparison
  | "not" inversion { $$ = build_unary(p, UNARY_OP_NOT, $2, @$); }
  ;
comparison
  : bitor
  | comparison compare_op bitor { $$ = build_compare(p, $1, (CompareOperator)$2, $3, @$); }
  ;
compare_op
  : "==" { $$ = COMPARE_EQ; }
  | "!=" { $$ = COMPARE_NE; }
  | "<" { $$ = COMPARE_LT; }
  | "<=" { $$ = COMPARE_LE; }
  | ">" { $$ = COMPARE_GT; }
  | ">=" { $$ = COMPARE_GE; }
  | "is" { $$ = COMPARE_IS; }
  | "is" "not" { $$ = COMPARE_IS_NOT; }
  | "in" { $$ = COMPARE_IN; }
  | "not" "in" { $$ = COMPARE_NOT_IN; }
  ;
bitor: bitxor | bitor "|" bitxor { $$ = build_binary(p, BINARY_OR, $1, $3, @2, @$); } ;
bitxor: bitand | bitxor "^" bitand { $$ = build_binary(p, BINARY_XOR, $1, $3, @2, @$); } ;
bitand: shift | bitand "&" shift { $$ = build_binary(p, BINARY_AND, $1, $3, @2, @$); } ;
shift
  : sum
  | shift "<<" sum { $$ = build_binary(p, BINARY_LSHIFT, $1, $3, @2, @$); }
  | shift ">>" sum { $$ = build_binary(p, BINARY_RSHIFT, $1, $3, @2, @$); }
  ;
sum
  : term
  | sum "+" term { $$ = build_binary(p, BINARY_ADD, $1, $3, @2, @$); }
  | sum "-" term { $$ = build_binary(p, BINARY_SUB, $1, $3, @2, @$); }
  ;
term
  : factor
  | term "*" factor { $$ = build_binary(p, BINARY_MUL, $1, $3, @2, @$); }
  | term "/" factor { $$ = build_binary(p, BINARY_DIV, $1, $3, @2, @$); }
  | term "//" factor { $$ = build_binary(p, BINARY_FLOORDIV, $1, $3, @2, @$); }
  | term "%" factor { $$ = build_binary(p, BINARY_MOD, $1, $3, @2, @$); }
  | term "@" factor { $$ = build_binary(p, BINARY_MATMUL, $1, $3, @2, @$); }
  ;
factor
  : power
  | "+" factor { $$ = build_unary(p, UNARY_OP_PLUS, $2, @$); }
  | "-" factor { $$ = build_unary(p, UNARY_OP_NEGATE, $2, @$); }
  | "~" factor { $$ = build_unary(p, UNARY_OP_INVERT, $2, @$); }
  ;
power
  : awaited
  | awaited "**" factor { $$ = build_binary(p, BINARY_POW, $1, $3, @2, @$); }
  ;
awaited
  : primary
  | "await" primary { $$ = build_value(p, EXPR_AWAIT, $2, @$); }
  ;
primary
  : atom
  | primary "." NAME { $$ = build_attribute(p, $1, (Name){$3, @3}, @$); }
  | primary "(" arguments ")" { $$ = build_call(p, $1, $3, source_join(@2, @4), @$); }
  | primary "[" slices "]" { $$ = build_subscript(p, $1, $3, @$); }
  ;
atom
  : NAME { $$ = build_name(p, (Name){$1, @1}); }
  | "None" { $$ = build_expr(p, EXPR_NONE, @$); }
  | "True" { $$ = build_expr(p, EXPR_TRUE, @$); }
  | "False" { $$ = build_expr(p, EXPR_FALSE, @$); }
  | "..." { $$ = build_expr(p, EXPR_ELLIPSIS, @$); }
  | NUMBER
  | strings { $$ = build_strings(p, $1, @$); }
  | "(" ")" { $$ = build_elements(p, EXPR_TUPLE, NULL, @$); }
  | "(" yield ")" { $$ = build_parenthesized($2); }
  | "(" items ")" { $$ = build_group(p, $2, @$); }
  | "(" items "," ")" { $$ = build_elements(p, EXPR_TUPLE, $2, @$); }
  | "(" item clauses ")" { $$ = build_parenthesized(build_comprehension(p, EXPR_GENERATOR, $2, NULL, $3, @$)); }
  | "[" "]" { $$ = build_elements(p, EXPR_LIST, NULL, @$); }
  | "[" items comma "]" { $$ = build_elements(p, EXPR_LIST, $2, @$); }
  | "[" item clauses "]" { $$ = build_comprehension(p, EXPR_LIST_COMP, $2, NULL, $3, @$); }
  | "{" "}" { $$ = build_dict(p, NULL, @$); }
  | "{" items comma "}" { $$ = build_elements(p, EXPR_SET, $2, @$); }
  | "{" item clauses "}" { $$ = build_comprehension(p, EXPR_SET_COMP, $2, NULL, $3, @$); }
  | "{" dict_items comma "}" { $$ = build_dict(p, $2, @$); }
  | "{" dict_item clauses "}" { $$ = build_comprehension(p, EXPR_DICT_COMP, $2.key, $2.value, $3, @$); }
  ;
item
  : named
  | "*" bitor { $$ = build_value(p, EXPR_STARRED, $2, @$); }
  ;
items
  : item { LIST($$, $1); }
  | items "," item { $$ = $1; ADD($$, $3); }
  ;
dict_item
  : expression ":" expression { $$ = (DictItem){$1, $3}; }
  | "**" bitor { $$ = (DictItem){NULL, $2}; }
  ;
dict_items
  : dict_item { LIST($$, $1); }
  | dict_items "," dict_item { $$ = $1; ADD($$, $3); }
  ;
clauses
  : clause { LIST($$, $1); }
  | clauses clause { $$ = $1; ADD($$, $2); }
  | clauses "if" disjunction { $$ = $1; build_condition(p, $1, $3); }
  ;
clause
  : "for" targets_expr "in" disjunction { $$ = (Comprehension){.target = $2, .iterable = $4}; }
  | "async" "for" targets_expr "in" disjunction {
      $$ = (Comprehension){.target = $3, .iterable = $5, .is_async = true};
    }
  ;
target
  : bitor
  | "*" bitor { $$ = build_value(p, EXPR_STARRED, $2, @$); }
  ;
targets
  : target { LIST($$, $1); }
  | targets "," target { $$ = $1; ADD($$, $3); }
  ;
targets_expr
  : targets { $$ = build_targets(p, $1, false, @$); }
  | targets "," { $$ = build_targets(p, $1, true, @$); }
  ;
arguments
  : %empty { $$ = ARENA_NEW(p->arena, ArgumentVec); }
  | argument_list
  | argument_list "," { $$ = $1; $$->trailing_comma = true; }
  ;
argument_list
  : argument { LIST($$, $1); }
  | argument_list "," argument { $$ = $1; ADD($$, $3); }
  ;
argument
  : named { $$ = (CallArgument){ARGUMENT_POSITIONAL, {0}, $1}; }
  | expression "=" expression { $$ = build_keyword(p, $1, $3, @$); }
  | "*" expression { $$ = (CallArgument){ARGUMENT_STAR, {.at = @1}, $2}; }
  | "**" expression { $$ = (CallArgument){ARGUMENT_DOUBLE_STAR, {.at = @1}, $2}; }
  | named clauses {
      $$ = (CallArgument){ARGUMENT_POSITIONAL, {0}, build_comprehension(p, EXPR_GENERATOR, $1, NULL, $2, @$)};
    }
  ;
slices
  : slice
  | slice "," { ExprVec *one; LIST(one, $1); $$ = build_elements(p, EXPR_TUPLE, one, @$); }
  | slices_list comma { $$ = build_elements(p, EXPR_TUPLE, $1, @$); }
  ;
slices_list
  : slice "," slice { LIST($$, $1); ADD($$, $3); }
  | slices_list "," slice { $$ = $1; ADD($$, $3); }
  ;
slice
  : named
  | "*" bitor { $$ = build_value(p, EXPR_STARRED, $2, @$); }
  | opt_expression ":" opt_expression { $$ = build_slice(p, $1, $3, NULL, @$); }
  | opt_expression ":" opt_expression ":" opt_expression { $$ = build_slice(p, $1, $3, $5, @$); }
  ;
opt_expression: %empty { $$ = NULL; } | expression ;

/* ---- strings ---- */

strings
  : string { LIST($$, $1); }
  | strings string { $$ = $1; ADD($$, $2); }
  ;
string
  : STRING
  | FSTRING_START pieces FSTRING_END { $$ = build_formatted(p, $2, @$); }
  ;
pieces
  : %empty { $$ = ARENA_NEW(p->arena, PieceVec); }
  | pieces FSTRING_MIDDLE { $$ = $1; build_literal_piece(p, $1, $2); }
  | pieces field { $$ = $1; build_field(p, $1, $2); }
  ;
field
  : FIELD_OPEN value debug conversion format FIELD_CLOSE {
      $$ = build_field_piece(p, $2, @1, $3, $4, $5);
    }
  ;
debug
  : %empty { $$ = 0; }
  | "=" { $$ = (int)@1.end; }
  ;
conversion
  : %empty { $$ = 0; }
  | "!" NAME { $$ = build_conversion(p, (Name){$2, @2}); }
  ;
format
  : %empty { $$ = NULL; }
  | FIELD_COLON pieces { $$ = build_formatted(p, $2, @$); }
  ;

/* ---- match ---- */

match_stmt
  : "match" subject ":" NEWLINE INDENT cases DEDENT { $$ = build_match(p, $2, $6, source_join(@1, @3)); }
  | "match" subject ":" NEWLINE %prec ALONE {
      build_missing_block(p);
      $$ = build_match(p, $2, ARENA_NEW(p->arena, CaseVec), source_join(@1, @3));
    }
  ;
subject
  : items { $$ = build_targets(p, $1, false, @$); }
  | items "," { $$ = build_targets(p, $1, true, @$); }
  ;
cases
  : case { LIST($$, $1); }
  | cases case { $$ = $1; ADD($$, $2); }
  | broken %prec ALONE { $$ = ARENA_NEW(p->arena, CaseVec); }
  | cases broken %prec ALONE
  ;
case: "case" patterns guard ":" block { $$ = build_case(p, $2, $3, $5); } ;
guard
  : %empty { $$ = NULL; }
  | "if" named { $$ = $2; }
  ;
patterns
  : elements { $$ = build_sequence_pattern(p, $1, false, @$); }
  | elements "," { $$ = build_sequence_pattern(p, $1, true, @$); }
  ;
elements
  : element { LIST($$, $1); }
  | elements "," element { $$ = $1; ADD($$, $3); }
  ;
element
  : pattern
  | "*" NAME { $$ = build_star_pattern(p, (Name){$2, @2}, @$); }
  ;
pattern
  : or_pattern
  | or_pattern "as" NAME { $$ = build_as_pattern(p, $1, (Name){$3, @3}, @$); }
  ;
or_pattern
  : closed_pattern
  | or_pattern "|" closed_pattern { $$ = build_or_pattern(p, $1, $3, @$); }
  ;
closed_pattern
  : literal { $$ = build_value_pattern(p, $1); }
  | pattern_name { $$ = build_value_pattern(p, $1); }
  | "(" ")" { $$ = build_sequence_pattern(p, NULL, true, @$); }
  | "(" elements ")" { $$ = build_sequence_pattern(p, $2, false, @$); }
  | "(" elements "," ")" { $$ = build_sequence_pattern(p, $2, true, @$); }
  | "[" "]" { $$ = build_sequence_pattern(p, NULL, true, @$); }
  | "[" elements comma "]" { $$ = build_sequence_pattern(p, $2, true, @$); }
  | "{" "}" { $$ = build_item_pattern(p, PATTERN_MAPPING, NULL, NULL, @$); }
  | "{" mapping comma "}" { $$ = build_item_pattern(p, PATTERN_MAPPING, NULL, $2, @$); }
  | pattern_name "(" ")" { $$ = build_item_pattern(p, PATTERN_CLASS, $1, NULL, @$); }
  | pattern_name "(" pattern_arguments comma ")" { $$ = build_item_pattern(p, PATTERN_CLASS, $1, $3, @$); }
  ;
mapping
  : mapping_item { LIST($$, $1); }
  | mapping "," mapping_item { $$ = $1; ADD($$, $3); }
  ;
mapping_item
  : literal ":" pattern { $$ = (PatternItem){$1, {0}, $3}; }
  | pattern_name ":" pattern { $$ = (PatternItem){$1, {0}, $3}; }
  | "**" NAME { $$ = (PatternItem){NULL, {$2, @2}, NULL}; }
  ;
pattern_arguments
  : pattern_argument { LIST($$, $1); }
  | pattern_arguments "," pattern_argument { $$ = $1; ADD($$, $3); }
  ;
pattern_argument
  : pattern { $$ = (PatternItem){NULL, {0}, $1}; }
  | NAME "=" pattern { $$ = (PatternItem){NULL, {$1, @1}, $3}; }
  ;
pattern_name
  : NAME { $$ = build_name(p, (Name){$1, @1}); }
  | pattern_name "." NAME { $$ = build_attribute(p, $1, (Name){$3, @3}, @$); }
  ;
literal
  : signed_number
  | signed_number "+" NUMBER { $$ = build_binary(p, BINARY_ADD, $1, $3, @2, @$); }
  | signed_number "-" NUMBER { $$ = build_binary(p, BINARY_SUB, $1, $3, @2, @$); }
  | strings { $$ = build_strings(p, $1, @$); }
  | "None" { $$ = build_expr(p, EXPR_NONE, @$); }
  | "True" { $$ = build_expr(p, EXPR_TRUE, @$); }
  | "False" { $$ = build_expr(p, EXPR_FALSE, @$); }
  ;
signed_number
  : NUMBER
  | "-" NUMBER { $$ = build_unary(p, UNARY_OP_NEGATE, $2, @$); }
  ;

%%

/* Hands what bison knows to syntax/syntax_error.c, which finds the words. */
static int yyreport_syntax_error(const yypcontext_t *context, Parser *p) {
    SyntaxError error = {.kind = T_END, .at = *yypcontext_location(context)};
    yysymbol_kind_t expected[YYNTOKENS];
    const int n_expected = yypcontext_expected_tokens(context, expected, YYNTOKENS);
    const yysymbol_kind_t unexpected = yypcontext_token(context);
    for (int i = 0; i < n_expected; i++) {
        error.expects_expression |= expected[i] == YYSYMBOL_NUMBER;
        error.expects_name |= expected[i] == YYSYMBOL_NAME;
        error.expects_colon |= expected[i] == YYSYMBOL_COLON;
        error.expects_else |= expected[i] == YYSYMBOL_ELSE;
        error.expects_in |= expected[i] == YYSYMBOL_IN;
        if (i < SYNTAX_MOST_EXPECTED) error.expected[i] = yysymbol_name(expected[i]);
    }
    error.n_expected = n_expected < 0 ? 0 : (size_t)n_expected;
    error.found = yysymbol_name(unexpected);
    error.kind = unexpected == YYSYMBOL_YYEOF ? T_END : (int)unexpected;
    syntax_error_report(p, &error);
    return 0;
}

/* Called only where the parser's stack is full. */
static void model_error(const SourceRange *at, Parser *p, const char *text) {
    (void)text;
    parser_report(p, E121, *at, "too many nested expressions or statements");
}
