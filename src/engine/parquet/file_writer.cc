#include "engine/parquet/file_writer.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "engine/parquet/thrift.h"

namespace tidemill::engine::parquet {
namespace {

constexpr char kMagic[] = "PAR1";
constexpr char kCreatedBy[] = "tidemill version 1";
constexpr int32_t kFormatVersion = 1;

// parquet.thrift: Type, ConvertedType, FieldRepetitionType, Encoding, CompressionCodec.
constexpr int32_t kInt32 = 1, kInt64 = 2, kDouble = 5, kByteArray = 6;
constexpr int32_t kUtf8 = 0, kInt8 = 15;
constexpr int32_t kRequired = 0;
constexpr int32_t kPlain = 0, kRle = 3, kRleDictionary = 8;
constexpr int32_t kUncompressed = 0, kZstd = 6;

int32_t physical_type(ColumnType type) {
  switch (type) {
    case ColumnType::kTinyint:
    case ColumnType::kInteger:
      return kInt32;
    case ColumnType::kBigint:
      return kInt64;
    case ColumnType::kText:
      return kByteArray;
    case ColumnType::kDouble:
      break;
  }
  return kDouble;
}

void write_schema(ThriftWriter& out, const std::vector<ColumnSpec>& columns) {
  out.begin_struct_list(2, columns.size() + 1);
  out.begin_element();
  out.text(4, "schema");
  out.i32(5, static_cast<int32_t>(columns.size()));
  out.end_struct();
  for (const ColumnSpec& column : columns) {
    out.begin_element();
    out.i32(1, physical_type(column.type));
    out.i32(3, kRequired);
    out.text(4, column.name);
    if (column.type == ColumnType::kText) out.i32(6, kUtf8);
    if (column.type == ColumnType::kTinyint) out.i32(6, kInt8);
    out.end_struct();
  }
}

}  // namespace

FileWriter::FileWriter(std::filesystem::path path)
    : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wb"), &std::fclose) {
  if (!file_) throw_system_error(errno, "write", path_.string());
  write(kMagic);
}

void FileWriter::write(const std::string& bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    throw_system_error(errno, "write", path_.string());
  }
  position_ += static_cast<int64_t>(bytes.size());
}

void FileWriter::append(size_t row_group, size_t column, const ColumnChunk& chunk) {
  if (row_groups_.size() <= row_group) row_groups_.resize(row_group + 1);
  std::vector<Placed>& columns = row_groups_[row_group];
  if (columns.size() <= column) columns.resize(column + 1);
  columns[column] = {position_,
                     static_cast<int64_t>(chunk.bytes.size()),
                     static_cast<int64_t>(chunk.uncompressed_size),
                     static_cast<int64_t>(chunk.value_count),
                     static_cast<int64_t>(chunk.data_page_offset),
                     chunk.is_compressed};
  write(chunk.bytes);
}

const FileWriter::Placed& FileWriter::placed(size_t row_group, size_t column) const {
  const std::vector<Placed>& columns = row_groups_[row_group];
  if (column >= columns.size() || columns[column].offset < 0 ||
      columns[column].value_count != columns[0].value_count) {
    throw Error(ErrorCode::kInternal,
                fmt::format("{}: column {} of row group {} is missing or of another length", path_.string(),
                            column, row_group));
  }
  return columns[column];
}

std::string FileWriter::footer(const std::vector<ColumnSpec>& columns) const {
  int64_t row_count = 0;
  for (size_t g = 0; g < row_groups_.size(); ++g) row_count += placed(g, 0).value_count;
  ThriftWriter out;
  out.begin_element();
  out.i32(1, kFormatVersion);
  write_schema(out, columns);
  out.i64(3, row_count);
  out.begin_struct_list(4, row_groups_.size());
  for (size_t g = 0; g < row_groups_.size(); ++g) {
    int64_t size = 0, uncompressed_size = 0;
    out.begin_element();
    out.begin_struct_list(1, columns.size());
    for (size_t c = 0; c < columns.size(); ++c) {
      const Placed& chunk = placed(g, c);
      const bool has_dictionary = chunk.data_page_offset > 0;
      size += chunk.size;
      uncompressed_size += chunk.uncompressed_size;
      out.begin_element();
      out.i64(2, chunk.offset);
      out.begin_struct(3);
      out.i32(1, physical_type(columns[c].type));
      out.begin_i32_list(2, has_dictionary ? 3 : 2);
      out.i32_element(kPlain);
      out.i32_element(kRle);
      if (has_dictionary) out.i32_element(kRleDictionary);
      out.begin_text_list(3, 1);
      out.text_element(columns[c].name);
      out.i32(4, chunk.is_compressed ? kZstd : kUncompressed);
      out.i64(5, chunk.value_count);
      out.i64(6, chunk.uncompressed_size);
      out.i64(7, chunk.size);
      out.i64(9, chunk.offset + chunk.data_page_offset);
      if (has_dictionary) out.i64(11, chunk.offset);
      out.end_struct();
      out.end_struct();
    }
    out.i64(2, uncompressed_size);
    out.i64(3, placed(g, 0).value_count);
    out.i64(6, size);
    out.end_struct();
  }
  out.text(6, kCreatedBy);
  out.end_struct();
  return out.bytes();
}

void FileWriter::finish(const std::vector<ColumnSpec>& columns) {
  const std::string text = footer(columns);
  const auto length = static_cast<uint32_t>(text.size());
  std::string length_bytes(sizeof(length), '\0');
  std::memcpy(length_bytes.data(), &length, sizeof(length));
  write(text);
  write(length_bytes);
  write(kMagic);
  if (std::fflush(file_.get()) != 0) throw_system_error(errno, "write", path_.string());
}

}  // namespace tidemill::engine::parquet
